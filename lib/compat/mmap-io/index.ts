/// <reference types="node" preserve="true" />
/**
 * The interface of mmap-io, over the mappings of this package. docs/guides/migration.md tells how to move further.
 *
 * @packageDocumentation
 */
export { adviseBuffer as advise } from './advise-buffer.js';
export {
  MADV_DONTNEED,
  MADV_NORMAL,
  MADV_RANDOM,
  MADV_SEQUENTIAL,
  MADV_WILLNEED,
  MAP_NONBLOCK,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  PAGESIZE,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from './constants.js';
export { incoreBuffer as incore } from './incore-buffer.js';
export { mapBuffer as map } from './map-buffer.js';
export { mmapIo as default } from './mmap-io.js';
export { syncBuffer as sync } from './sync-buffer.js';
export { unmapBuffer as unmap } from './unmap-buffer.js';
