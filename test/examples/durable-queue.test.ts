// examples/durable-queue
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { native } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { ROOT } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';
import { exampleFile, runProgram } from './run-program.js';

const scratch = new Scratch();
const QUEUE = exampleFile('durable-queue', 'queue.mjs');

/** `body` sees `Queue`, `path` and `print`. @returns what it prints. */
function run(body: string, path = scratch.path('queue')): string[] {
  const code = `import { Queue } from ${JSON.stringify(QUEUE)};
    const path = ${JSON.stringify(path)};
    const print = (...words) => console.log(...words);
    ${body}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: cleanEnvironment(),
    timeout: 120_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1);
}

native.describe('the queue', () => {
  test('loses no acknowledged record when its programs are killed', () => {
    const { status, stdout, stderr } = runProgram('durable-queue', 'prove.mjs', ['8', '3']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^8 kills: no acknowledged record was lost, none came out of turn\n[1-9]\d* records in, /);
  });

  test.each([
    ['a record that is acknowledged before the tail', 'this.#mapping.persistWord(TAIL, BigInt(start + size));', ''],
    [
      'a record that is removed before it is handled',
      'writeSync(1, `${record}\\n`);',
      'if (taken % 2) writeSync(1, `${record}\\n`);',
    ],
  ])('the proof finds %s', (_, right, wrong) => {
    const folder = join(dirname(scratch.path()), `mutant-${right.length}`);
    cpSync(dirname(QUEUE), folder, { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules', 'mapdirect'));
    const file = join(folder, right.startsWith('this') ? 'queue.mjs' : 'main.mjs');
    const source = readFileSync(file, 'utf8');
    expect(source.split(right)).toHaveLength(2);
    writeFileSync(file, source.replace(right, wrong));
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'prove.mjs'), '12', '3'], {
      encoding: 'utf8',
      env: cleanEnvironment(),
      timeout: 120_000,
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/ \(seed 3\)\n$/);
  });

  test('is a queue: records of every length come out once, in order, also around the end of the ring', () => {
    const said = run(`const queue = new Queue(path, { size: 8192 });
      const model = [];
      let pushed = 0;
      let full = 0;
      for (let round = 0; round < 120; round++) {
        for (let i = 0; i <= round % 7; i++) {
          const record = Buffer.alloc((pushed * 37) % 700, pushed % 251);
          if (!queue.push(record)) { full++; break; }
          model.push(record);
          pushed++;
        }
        for (let i = 0; i <= round % 5 && model.length > 0; i++) {
          if (!queue.first().equals(model.shift())) throw new Error('wrong record after ' + pushed);
          queue.drop();
        }
      }
      const equal = (records) => records.length === model.length && records.every((record, i) => record.equals(model[i]));
      print(pushed > 150, full > 5, equal([...queue]));
      queue.close();
      const again = new Queue(path);
      print(equal([...again]));
      again.close();`);
    expect(said).toEqual(['true true true', 'true']);
  });

  test('refuses a record that is too long, and the record that does not exist', () => {
    const said = run(`const queue = new Queue(path, { size: 8192 });
      const tell = (call) => { try { call(); } catch (error) { print(error.name, error.message); } };
      print(queue.push(Buffer.alloc(2032)), queue.first().length);
      tell(() => queue.push(Buffer.alloc(2033)));
      queue.drop();
      print(queue.first());
      tell(() => queue.drop());`);
    expect(said).toEqual([
      'true 2032',
      'RangeError a record has at most 2032 bytes',
      'undefined',
      'Error the queue is empty',
    ]);
  });

  test('has one user at a time', () => {
    const said = run(`const queue = new Queue(path);
      try { new Queue(path, { timeout: 0 }); } catch ({ code }) { print(code); }
      queue.close();
      new Queue(path, { timeout: 0 }).close();
      print('open again');`);
    expect(said).toEqual(['EBUSY', 'open again']);
  });

  test.each([
    ['a byte of a record', 4096 + 16],
    ['a length', 4096],
    ['the tail', 128],
    ['the magic', 0],
    ['the capacity', 9],
  ])('does not open after damage to %s', (_, offset) => {
    const path = scratch.path('damaged');
    run(`const queue = new Queue(path); queue.push(Buffer.from('one')); queue.close();`, path);
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
    writeFileSync(path, bytes);
    const { status, stdout, stderr } = runProgram('durable-queue', 'main.mjs', ['take', path]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect([`${path} is damaged\n`, `${path} is not a queue\n`]).toContain(stderr);
  });
});

describe('wrong arguments are refused with a sentence', () => {
  test.each([
    ['main.mjs', [], 'usage: node main.mjs push|take FILE [COUNT]\n'],
    ['main.mjs', ['toString', 'file'], 'usage: node main.mjs push|take FILE [COUNT]\n'],
    ['main.mjs', ['take', 'file', '-1'], "COUNT must be a whole number, not '-1'\n"],
    ['prove.mjs', ['0'], 'usage: node prove.mjs [KILLS] [SEED], both whole numbers\n'],
    ['prove.mjs', ['1', 'x'], 'usage: node prove.mjs [KILLS] [SEED], both whole numbers\n'],
  ])('%s %j', (program, args, stderr) => {
    expect(runProgram('durable-queue', program, args)).toEqual({ status: 2, stdout: '', stderr });
  });
});
