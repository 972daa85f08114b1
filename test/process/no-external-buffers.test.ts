import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import { native } from '../support/backends.js';
import { forbidExternalBuffers } from '../support/no-external-buffers.js';
import { copyPackage } from '../support/package-copy.js';
import { runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { skipFor } from '../support/skip.js';

const scratch = new Scratch();
const root = copyPackage(scratch, 'none');
const addon = join(root, 'build', 'Release', 'mapdirect.node');
const library = scratch.path('no-external-buffers.so');
mkdirSync(dirname(addon), { recursive: true });

native
  .and(skipFor(native.missing ?? forbidExternalBuffers(addon, library)))
  .test(
    'a runtime that forbids external memory, as Electron does: a view is a named error, all else works',
    async () => {
      const { code, signal, stdout, stderr } = await runChild('no-external-buffers', [root, scratch.file(65536)], {
        env: { LD_PRELOAD: library },
      });
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
      const refused = {
        code: 'ERR_EXTERNAL_BUFFERS_FORBIDDEN',
        message: expect.stringMatching(/Electron.*backend: 'emulated'/),
      };
      expect(JSON.parse(stdout)).toEqual({
        view: refused,
        arrayBuffer: refused,
        emulated: 'hello',
      });
    },
  );
