import { checked, errno } from '../errors.js';
import { MapBudget } from '../map-budget.js';
import type { Addon } from './addon.js';
import type { Backend, Capabilities, RegionRequest } from './backend.js';
import { nativeCalls } from './native-calls.js';
import { NativeFiles } from './native-files.js';
import { NativeRegion } from './native-region.js';
import { liveMappings } from '../registry.js';

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

/** mmap(2) through the addon. */
export function nativeBackend(addon: Addon): Backend {
  const native = nativeCalls(addon);
  const methods = { byte: 'fence', 'cache-line': native.cpu.flush, page: 'msync' };
  const files = new NativeFiles(native);
  const budget = new MapBudget({
    // The addon counts all threads, but only its own ranges; a second copy of the package in this thread is in the registry.
    rangeCount: () => Math.max(addon.rangeCount(), liveMappings()),
    countMaps: () => addon.countMaps(),
  });
  return {
    kind: 'native',
    capabilities,
    files,
    bells: undefined,
    reasons: [],
    method: (granularity) => methods[granularity],
    map: (request: RegionRequest) => NativeRegion.map(native, request),
    memoryFile(name, length, seals) {
      const fd = checked(addon.memoryFile(name), 'memfd_create');
      try {
        files.truncate(fd, length);
        if (seals !== 0) checked(addon.addSeals(fd, seals), 'fcntl');
      } catch (error) {
        files.close(fd);
        throw error;
      }
      return fd;
    },
    attachDescriptor({ table, slot, serial, fd }, path) {
      if (table === addon.tableId()) return checked(addon.attachDescriptor(slot, serial), 'attach', path);
      const duplicate = addon.duplicate(fd); // of another copy of the package
      return checked(duplicate === errno.EBADF ? errno.ENOENT : duplicate, 'attach', path);
    },
    checkLength: () => undefined, // every safe integer may be asked of the kernel
    checkRoom: () => budget.check(),
  };
}
