// The log of examples/replicated-log, without its network: the half of each machine.
import { expect } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment } from '../support/clean-environment.js';
import { ROOT } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';
import { skipUnless } from '../support/skip.js';

const scratch = new Scratch();
const LOG = join(ROOT, 'examples', 'replicated-log', 'log.mjs');
const INDEX = join(ROOT, 'dist', 'lib', 'index.mjs');
const TESTING = join(ROOT, 'dist', 'lib', 'testing', 'index.mjs');

/** `body` sees `mapping` and `Log`. @returns what it prints. */
function run(body: string): string {
  const path = scratch.path('log');
  return runProgram(`import { map } from ${JSON.stringify(INDEX)};
    import { Log } from ${JSON.stringify(LOG)};
    const mapping = map(${JSON.stringify(path)}, { create: true, size: 65536 });
    const texts = (log) => [...log.records()].map(String).join();
    ${body}`);
}

function runProgram(code: string): string {
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

/** Over an old log a new one is made, and gets records. `append` sees `log`, `text` and `ack`. @returns the verdict. */
function checkCrashes(log: string, append: string): string {
  return runProgram(`
    import { checkCrashes } from ${JSON.stringify(TESTING)};
    import { Log } from ${JSON.stringify(log)};
    const OLD = ['old 1', 'a longer old record', 'old 3'];
    const NEW = ['one', 'a longer record', '', 'four'];
    const open = (mapping) => {
      const log = new Log(mapping);
      if (log.end === 0) log.create();
      return log;
    };
    const isPrefix = (texts, list) => texts.every((text, at) => text === list[at]);
    try {
      const reports = await checkCrashes({
        size: 8192,
        exhaustive: true,
        setup(mapping) {
          const log = open(mapping);
          for (const text of OLD) log.append(Buffer.from(text));
        },
        workload(mapping, ack) {
          const log = open(mapping);
          log.next = 0;
          log.create();
          for (const text of NEW) { ${append} }
        },
        recover: (mapping) => [...open(mapping).records()].map(String),
        // Before the first acknowledgement it is the old log, or a new one.
        invariant: (texts, acks) =>
          (isPrefix(texts, NEW) && texts.length >= acks.length) ||
          (acks.length === 0 && texts.length === OLD.length && isPrefix(texts, OLD)),
      });
      console.log(reports.map(({ images }) => images > 20).join());
    } catch (error) {
      console.log(error.message.split('\\n')[0]);
    }`);
}
const APPEND = 'log.append(Buffer.from(text)); ack(text);';

node.test('after each crash the log has every acknowledged record, and no other one', () => {
  expect(checkCrashes(LOG, APPEND)).toBe('true,true,true\n');
});

node.test('a log that does not compare its checksum is found, and so is an acknowledgement before the record', () => {
  const source = readFileSync(LOG, 'utf8');
  const careless = source.replace(/\n *if \(record\.readUInt32LE\(4\) !== .+\n/, '\n');
  expect(careless.split('\n')).toHaveLength(source.split('\n').length - 1);
  const path = scratch.path('careless.mjs');
  writeFileSync(path, careless);
  const refused = /^granularity 'byte': .*the invariant refuses the recovered state/;
  expect(checkCrashes(path, APPEND)).toMatch(refused);
  expect(checkCrashes(LOG, 'ack(text); log.append(Buffer.from(text));')).toMatch(refused);
});
