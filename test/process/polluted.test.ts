import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { map } from '../../lib/index.js';
import { expectDone, runChild } from '../support/run-child.js';
import { PAGE } from '../support/sizes.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

// In memory where there is a place: thousands of fsyncs of a disk would prove no more.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mapdirect-polluted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

native.describe('all code shares Object.prototype', () => {
  test('whatever name has a value there, no call does anything else', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, Buffer.alloc(2 * PAGE, 7));
    expectDone(await runChild('polluted', [path]));
  });
});

test("an option of a class, and one of a prototype of the caller's own, count", () => {
  class Reading {
    get access(): 'read' {
      return 'read';
    }
  }
  const path = scratch.file(PAGE);
  for (const options of [new Reading(), Object.create({ access: 'read' }) as object]) {
    using mapping = map(path, options);
    expect(mapping.access).toBe('read');
  }
});
