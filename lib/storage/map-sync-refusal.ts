import { errno } from '../core/errors.js';

/** What is known of a file for which MAP_SYNC was refused. */
export interface SyncRefused {
  /** The negative errno. */
  readonly errno: number;
  /** As mount(8) writes it. */
  readonly fileSystem: string;
  /** statx(2) says that the file is on DAX; undefined: it does not say. */
  readonly dax: boolean | undefined;
}

/** Why MAP_SYNC was refused and what to do: without a full stop, since more may follow. */
export function syncRefusalText({ errno: refusal, fileSystem, dax }: SyncRefused): string {
  if (refusal === errno.EINVAL) return 'MAP_SYNC: this kernel does not know it; Linux 4.15 does';
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
