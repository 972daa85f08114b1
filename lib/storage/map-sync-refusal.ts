import { errno } from '../core/errors.js';

/** A refusal of MAP_SYNC, with the facts about the file. */
export interface SyncRefused {
  /** The negative errno. */
  readonly errno: number;
  /** The name of mount(8). */
  readonly fileSystem: string;
  /** True: the file is on DAX. undefined: statx(2) does not tell. */
  readonly dax: boolean | undefined;
}

/** The reason for the refusal, and the remedy. No full stop at the end: more text may follow. */
export function syncRefusalText({ errno: refusal, fileSystem, dax }: SyncRefused): string {
  if (refusal === errno.EINVAL) return 'MAP_SYNC: this kernel does not have it; Linux 4.15 does';
  if (dax === true) {
    return (
      `MAP_SYNC was refused although the file is on DAX: its device needs a flush of its own, as virtio-pmem does, ` +
      'so a cache line that was written back is not yet durable. An NVDIMM or CXL memory does without'
    );
  }
  return (
    `MAP_SYNC was refused: ${fileSystem} has no DAX for this file. ` +
    'Persistent memory with ext4 or xfs mounted dax=always has; probe() tells what is missing'
  );
}
