import { constants } from 'node:fs';
import { selectBackend } from '../../lib/backend/select.js';
import { BackingFile } from '../../lib/file/backing-file.js';
import { acquireSeal } from '../../lib/seals/acquire.js';
import { parseSealOptions, type SealOptions } from '../../lib/seals/options.js';
import { sealFor, type Seal } from '../../lib/seals/seal.js';
import { runSync } from '../../lib/core/sync-or-async.js';

/** Seals the file at a path for this thread. */
export function sealPath(path: string, options: SealOptions = {}): Seal {
  const backend = selectBackend('auto');
  const { files } = backend;
  const fd = files.open(path, constants.O_RDWR | constants.O_NONBLOCK, 0);
  const file = BackingFile.of(files, fd, constants.O_RDWR, files.stat(fd, path), { ownsDescription: true });
  try {
    const request = { backend, file, path, options: parseSealOptions(options), end: 0, kernel: false };
    return sealFor(runSync(acquireSeal(request)));
  } finally {
    file.release();
  }
}
