// The log of examples/replicated-log, without its network.
import { expect } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment } from '../support/clean-environment.js';
import { ROOT } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';
import { skipUnless } from '../support/skip.js';

const scratch = new Scratch();
const LOG = join(ROOT, 'examples', 'replicated-log', 'log.mjs');
const INDEX = join(ROOT, 'dist', 'lib', 'index.mjs');

/** `body` sees `mapping` and `Log`. @returns what it prints. */
function run(body: string): string {
  const path = scratch.path('log');
  const code = `import { map } from ${JSON.stringify(INDEX)};
    import { Log } from ${JSON.stringify(LOG)};
    const mapping = map(${JSON.stringify(path)}, { create: true, size: 65536 });
    const texts = (log) => [...log.records()].map(String).join();
    ${body}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: cleanEnvironment(),
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

const node = skipUnless('crc32' in require('node:zlib'), 'zlib has no crc32()', 'run the tests on Node >= 20.15');

node.test('a record that was appended is there after recovery', () => {
  const said = run(`const log = new Log(mapping);
    console.log(log.end);
    log.create();
    for (const text of ['one', 'two', '']) log.append(Buffer.from(text));
    const again = new Log(mapping);
    console.log(again.next, again.end === log.end, again.id === log.id, texts(again));`);
  expect(said).toBe('0\n3 true true one,two,\n');
});

node.test('a torn record ends the log, and the next one takes its place', () => {
  const said = run(`const log = new Log(mapping);
    log.create();
    log.append(Buffer.from('one'));
    const place = log.end;
    log.append(Buffer.from('a long record'));
    log.append(Buffer.from('behind'));
    mapping.buffer[place + 16] ^= 1;
    log.recover();
    console.log(log.next, log.end === place);
    log.append(Buffer.from('two'));
    log.recover();
    console.log(texts(log));`);
  expect(said).toBe('1 true\none,two\n');
});

node.test('old records behind the end are no records, also of another log', () => {
  const said = run(`const log = new Log(mapping);
    log.create();
    for (const text of ['old 1', 'old 2', 'old 3']) log.append(Buffer.from(text));
    log.next = 0;
    log.create();
    log.append(Buffer.from('new 1'));
    log.recover();
    console.log(texts(log));`);
  expect(said).toBe('new 1\n');
});

node.test('a torn start is no log', () => {
  const said = run(`const log = new Log(mapping);
    log.create();
    mapping.buffer[9] ^= 1;
    log.recover();
    console.log(log.end);`);
  expect(said).toBe('0\n');
});

node.test('a record too much is a RangeError, and nothing is changed', () => {
  const said = run(`const log = new Log(mapping);
    log.create();
    log.append(Buffer.alloc(61440 - 2 * 16));
    try { log.append(Buffer.alloc(1)); } catch (error) { console.log(error.name, error.message); }
    log.recover();
    console.log(log.next);`);
  expect(said).toBe('RangeError the log is full: 1 records\n1\n');
});
