import fs from 'node:fs';
import { devNull } from 'node:os';
import { patch, type Wraps } from './patch.js';

/** A FileHandle of fs/promises. */
export interface Handle {
  readonly fd: number;
  close(): Promise<void>;
  sync(): Promise<void>;
}

// Taken at load time: files.guard() replaces it later.
const { open } = fs.promises;

/** FileHandle.prototype; no module exports it. */
let prototype: object | undefined;
const waiting = new Set<() => void>();

/** Learns the prototype of all handles from the first one. */
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
 * Guards the methods of every FileHandle, open ones too. If a handle was seen before, the guard begins at once; else
 * after a few turns of the event loop, or with the first handle that is opened.
 */
export function patchHandles(wraps: Wraps): () => void {
  let undo = (): void => undefined;
  const start = (): void => {
    if (prototype !== undefined) undo = patch(prototype, wraps);
  };
  if (prototype !== undefined) start();
  else {
    waiting.add(start);
    openOne().catch(() => undefined); // no descriptor is left: the next handle that is opened will show the prototype
  }
  return () => {
    waiting.delete(start);
    undo();
  };
}
