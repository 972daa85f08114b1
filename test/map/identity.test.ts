// Device and inode number name a file on some file systems only. A mapping is of the file that was opened for it, on
// all of them.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { describeBackends } from '../support/backends.js';
import { inPrivate, missingFuse, missingOverlay } from '../support/private-mounts.js';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { skipFor } from '../support/skip.js';

const scratch = new Scratch();

const folder = (): string => mkdtempSync(join(scratch.dir, 'mount-'));

const overlay = skipFor(missingOverlay(folder())?.skip);
const fuse = skipFor(missingFuse(folder())?.skip);

describeBackends('the file that was opened is the one that is mapped', (backend) => {
  describe('on an overlay, which keeps the numbers while it copies a file up', () => {
    const cases = [
      'read, by path',
      'read, copied up by another process',
      'read, by descriptor',
      ...(backend === 'native' ? ['mmap()'] : []),
      'copy',
      'a mapping for writing beside one of the old file',
      'a file made here, and taken back',
      'each mapping has a descriptor, and gives it back',
    ];
    for (const each of cases) {
      overlay.test(each, async () =>
        expectDone(await runChild('overlay', [folder(), backend, each], { through: inPrivate })),
      );
    }
  });

  fuse.test('where a server gives two files one inode number', async () => {
    expectDone(await runChild('one-inode-number', [folder(), backend], { through: inPrivate }));
  });
});
