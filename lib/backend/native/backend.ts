import type { RegionRequest } from '../region.js';
import { fchmodSync } from 'node:fs';
import { checked, errno } from '../../core/errors.js';
import { MapBudget } from '../map-budget.js';
import { constants } from '../../core/constants.js';
import { shareCounters } from '../../core/counters.js';
import type { Identity } from '../../storage/inode-id.js';
import type { Addon } from './addon.js';
import type { Backend, Capabilities } from '../backend.js';
import { NativeLeaseEvents } from './lease-events.js';
import { nativeCalls, type Native } from './register-calls.js';
import { NativeFiles } from './files.js';
import { NativeRegistrations } from './registrations.js';
import { NativeRegion } from './region.js';
import { openScratch } from './scratch-file.js';
import { liveMappings } from '../live-mappings.js';

const { F_SEAL_EXEC, MAP_SHARED_VALIDATE, MAP_SYNC, PAGE_SIZE } = constants;

const capabilities: Capabilities = Object.freeze({
  coherent: true,
  address: true,
  mapSync: true,
  paging: true,
  growInPlace: true,
  allocate: true,
  sealLocks: true,
  memorySeals: true,
  collectsWithViews: true,
  partialArrayBuffers: true,
  maxLength: Number.MAX_SAFE_INTEGER,
});

/** As Backend.tryDirect. */
function tryDirect(
  { addon, registers }: Native,
  files: NativeFiles,
  directory: string,
  dev: Identity,
  flag: number,
  milliseconds: number,
): 'sealed' | 'not sealed' | number {
  const fd = openScratch(addon, directory);
  if (fd < 0) return fd;
  try {
    // A single file can be a mount point: the scratch file beside it is on another file system then.
    if (files.stat(fd).dev !== dev) return errno.EXDEV;
    const result = addon.tryDirect(fd, PAGE_SIZE, MAP_SHARED_VALIDATE | MAP_SYNC | flag, milliseconds);
    if (result === 1) return registers[0] ?? 0;
    if (result === errno.ETXTBSY) return 'sealed';
    return result === 0 ? 'not sealed' : result;
  } finally {
    files.close(fd);
  }
}

/** mmap(2) through the addon. */
export function nativeBackend(addon: Addon): Backend {
  const native = nativeCalls(addon);
  shareCounters(
    () => addon.makeCounts(),
    (into) => addon.sumCounts(into),
  );
  const methods = { byte: 'fence', 'cache-line': native.cpu.flush, page: 'msync' };
  const files = new NativeFiles(native);
  const budget = new MapBudget({
    charge: (areas) => addon.chargeAreas(areas),
    rangeCount: () => addon.rangeCount(),
    liveMappings,
    countMaps: () => addon.countMaps(),
    now: () => performance.now(),
  });
  return {
    kind: 'native',
    capabilities,
    files,
    leaseEvents: new NativeLeaseEvents(addon),
    registrations: new NativeRegistrations(addon),
    faultEvents: native.faultGuard,
    reasons: [],
    method: (granularity) => methods[granularity],
    map: (request: RegionRequest) => NativeRegion.map(native, request),
    memoryFile(name, length, seals) {
      const fd = checked(addon.memoryFile(name), 'memfd_create');
      try {
        files.truncate(fd, length);
        if ((seals & F_SEAL_EXEC) !== 0) fchmodSync(fd, 0o666); // otherwise the seal also forbids every write
        if (seals !== 0) checked(addon.addSeals(fd, seals), 'fcntl');
      } catch (error) {
        files.close(fd);
        throw error;
      }
      return fd;
    },
    attachDescriptor({ table, slot, serial, fd }, path) {
      if (table === addon.tableId()) return checked(addon.attachDescriptor(slot, serial), 'attach', path);
      const duplicate = addon.duplicate(fd); // a region of another copy of the package
      return checked(duplicate === errno.EBADF ? errno.ENOENT : duplicate, 'attach', path);
    },
    tryDirect: (directory, dev, flag, milliseconds) => tryDirect(native, files, directory, dev, flag, milliseconds),
    checkLength: () => undefined, // the kernel decides
    checkRoom: (growth, path) => budget.check(growth, path),
  };
}
