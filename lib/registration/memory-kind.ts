import { fileSystemOf } from '../storage/file-systems.js';
import { readText } from '../storage/sysfs.js';

/** What a pin means for the memory of a region. */
export type MemoryKind = 'memory' | 'device-dax' | 'fsdax' | 'page cache';

/** The facts of an open file that decide it. */
export interface MemoryFile {
  /** undefined: it is no device-dax. */
  readonly device: object | undefined;
  readonly dax: boolean | undefined;
  /** f_type of statfs(2). */
  readonly fileSystem: number;
}

/** @param region - `file`: undefined for memory without a file. */
export function memoryKindOf({ file }: { readonly file: MemoryFile | undefined }): MemoryKind {
  if (file === undefined) return 'memory';
  if (file.device !== undefined) return 'device-dax';
  if (file.dax === true) return 'fsdax';
  return fileSystemOf(file.fileSystem).domain === 'volatile' ? 'memory' : 'page cache';
}

/**
 * Linux 6.5 refuses a lasting, writable pin of the page cache. Before, it is granted, and the write-back loses what a
 * device stores later.
 *
 * @param version - of the kernel. Default: that of this machine, without os.release(), which needs a right in Deno.
 */
export function refusesUnsoundPins(version = readText('/proc/sys/kernel/osrelease') ?? ''): boolean {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 5);
}
