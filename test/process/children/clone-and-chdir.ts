// A clone by relative paths that fails while the working directory changes. Arguments: DIRECTORY.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { files } from '../../../lib/index.js';

const [dir = ''] = process.argv.slice(2);
const one = join(dir, 'one');
const two = join(dir, 'two');
mkdirSync(join(one, 'source'), { recursive: true }); // a directory: every clone of it fails
mkdirSync(two);

async function main(): Promise<void> {
  writeFileSync(join(two, 'destination'), 'precious');
  for (let turns = 0; turns < 20; turns++) {
    process.chdir(one);
    const cloned = assert.rejects(
      files.promises.clone('source', 'destination'),
      (error: NodeJS.ErrnoException) => error.path === 'destination' && error.message.includes("'destination'"),
    );
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    process.chdir(two);
    await cloned;
    assert.deepEqual(readdirSync(one), ['source']);
    assert.equal(readFileSync(join(two, 'destination'), 'latin1'), 'precious');
  }
  process.stdout.write('done\n');
}

void main();
