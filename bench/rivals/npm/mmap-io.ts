import { loadRival, type RivalName } from './rival.js';

/** The two packages with this interface. */
export const mmapIoNames = ['mmap-io', '@riaskov/mmap-io'] as const satisfies readonly RivalName[];

/** The part that the trials use. Only garbage collection unmaps a Buffer. */
export interface MmapIo {
  readonly PROT_READ: number;
  readonly PROT_WRITE: number;
  readonly MAP_SHARED: number;
  map(size: number, protection: number, flags: number, fd: number, offset?: number, advise?: number): Buffer;
}

/** @throws TypeError if `name` is not one of {@link mmapIoNames}; the error of require() if it is not installed. */
export function loadMmapIo(name: string): MmapIo {
  const known = mmapIoNames.find((rival) => rival === name);
  if (known === undefined) throw new TypeError(`no such rival: ${name}`);
  return loadRival(known) as MmapIo;
}
