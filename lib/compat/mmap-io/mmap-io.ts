import { adviseBuffer } from './advise-buffer.js';
import { mmapIoConstants } from './constants.js';
import { incoreBuffer } from './incore-buffer.js';
import { mapBuffer } from './map-buffer.js';
import { syncBuffer } from './sync-buffer.js';
import { unmapBuffer } from './unmap-buffer.js';

/** All of mmap-io in one object, for `import mmap from`. It is frozen. */
export const mmapIo = Object.freeze({
  map: mapBuffer,
  advise: adviseBuffer,
  incore: incoreBuffer,
  sync: syncBuffer,
  unmap: unmapBuffer,
  ...mmapIoConstants,
});
