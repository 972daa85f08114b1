import type { Mapping } from '../../../../lib/index.js';
import type { Part } from './loss.js';

/** A mapping of a file whose end is going to be lost. */
export interface Scene {
  readonly path: string;
  readonly mapping: Mapping;
  /** The pages that are behind the end of the file after truncate(). */
  readonly lost: Part;
  /** Another process truncates the file. */
  truncate(): void;
  /** The same, while this thread goes on. */
  truncateSoon(): void;
}

/** A way to touch the lost pages. It fails if it finds anything but zeros in them. */
export type Way = (scene: Scene) => void | Promise<void>;
export type Ways = Readonly<Record<string, Way>>;

/** Waits for a request of the thread pool. The mapping is pinned until the request has ended. */
export async function pinned<T>({ mapping }: Scene, request: Promise<T>): Promise<T> {
  const pin = mapping.pin();
  try {
    return await request;
  } finally {
    pin.release();
  }
}

/** The lost pages as a view that is made before they are lost. */
export function afterLoss({ mapping, lost, truncate }: Scene): Buffer {
  const view = mapping.view(lost.offset, lost.length);
  truncate();
  return view;
}

/** As {@link afterLoss}, in an ArrayBuffer of its own. */
export function arrayAfterLoss({ mapping, lost, truncate }: Scene): ArrayBuffer {
  const memory = mapping.arrayBuffer(lost.offset, lost.length);
  truncate();
  return memory;
}
