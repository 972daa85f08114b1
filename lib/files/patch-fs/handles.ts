import fs from 'node:fs';
import { devNull } from 'node:os';
import { patch, type Wraps } from './patch.js';

/** A FileHandle of fs/promises. */
export interface Handle {
  readonly fd: number;
  close(): Promise<void>;
  sync(): Promise<void>;
}

// Taken now: guards replace it later.
const { open } = fs.promises;

/** FileHandle.prototype; no module exports it. */
let prototype: object | undefined;
const waiting = new Set<() => void>();

/** The first handle that is seen shows what all of them inherit. */
export function knowHandle(handle: object): void {
  if (prototype !== undefined) return;
  prototype = Object.getPrototypeOf(handle) as object;
  for (const start of [...waiting]) start();
  waiting.clear();
}

async function openOne(): Promise<void> {
  const handle = await open(devNull);
  knowHandle(handle);
  await handle.close();
}

/**
 * Guards the methods of every FileHandle, those that are open already as well: at once if any was ever seen here, else a moment
 * later, or with the first that is opened.
 */
export function patchHandles(wraps: Wraps): () => void {
  let undo = (): void => undefined;
  const start = (): void => {
    if (prototype !== undefined) undo = patch(prototype, wraps);
  };
  if (prototype !== undefined) start();
  else {
    waiting.add(start);
    openOne().catch(() => undefined); // no descriptor left: the first handle that is opened shows it
  }
  return () => {
    waiting.delete(start);
    undo();
  };
}
