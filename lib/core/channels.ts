import { channel } from 'node:diagnostics_channel';

/**
 * The channels of this package, by which a program watches it (docs/operators.md). Without a subscriber a channel
 * costs one look at its `hasSubscribers`, which is less than a nanosecond. A message is plain data: a subscriber that
 * keeps it keeps no mapping alive.
 */
export const channels = Object.freeze({
  map: channel('mapdirect:map'),
  close: channel('mapdirect:close'),
  persist: channel('mapdirect:persist'),
  seal: channel('mapdirect:seal'),
  break: channel('mapdirect:break'),
  fault: channel('mapdirect:fault'),
  error: channel('mapdirect:error'),
});

/** The message of the channel `mapdirect:error`: a system call failed, and so did the operation. */
export interface ErrorMessage {
  /** The function that failed; 'persist' for each function that makes stores durable. */
  readonly operation: 'map' | 'mapAsync' | 'mmap' | 'anonymous' | 'attach' | 'persist' | 'seal' | 'sealAsync' | 'close';
  /** The path of the error. */
  readonly path: string | undefined;
  /** The error that the caller gets. It has `code`, `errno` and `syscall`. */
  readonly error: Error;
}

/**
 * Publishes the error of a system call. Wrong arguments and closed mappings are faults of the program, and not
 * published.
 */
export function publishError(operation: ErrorMessage['operation'], error: unknown): void {
  if (!channels.error.hasSubscribers || !(error instanceof Error) || !('errno' in error)) return;
  const { path } = error as { path?: string };
  channels.error.publish({ operation, path, error } satisfies ErrorMessage);
}
