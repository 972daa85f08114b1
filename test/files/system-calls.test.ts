// The cost of a guard in system calls: counted in a trace, because no test has a clock. npm run bench -- "nobody has
// sealed" has the times.
import { beforeAll, expect, test } from '@jest/globals';
import fs from 'node:fs';
import { native } from '../support/backends.js';
import { expectDone, runChild } from '../support/run-child.js';
import { skipFor } from '../support/skip.js';
import { Scratch } from '../support/scratch.js';
import { missingStrace } from '../../bench/facts/system-calls.js';
import { callsByMark } from '../support/strace.js';

const scratch = new Scratch();

/** fstat(2), statx(2) and stat(2) are one thing here; so are open(2) and openat(2), and the two widths of pwrite(2). */
function plain(call: string): string {
  if (/stat/.test(call)) return 'stat';
  return call.replace(/^openat$/, 'open').replace(/^pwrite64$/, 'write');
}

native.and(skipFor(missingStrace())).describe('system calls of a guard', () => {
  let traced: Record<string, string[]> = {};
  const calls = (name: string): string[] => (traced[name] ?? []).map(plain);

  beforeAll(async () => {
    const log = scratch.path();
    const directory = scratch.path();
    fs.mkdirSync(directory);
    expectDone(await runChild('guarded-calls', [directory], { through: ['strace', '-qq', '-o', log], limit: 60_000 }));
    traced = callsByMark(fs.readFileSync(log, 'latin1'));
  }, 60_000);

  const GUARD = ['stat', 'open', 'fcntl', 'fcntl'];

  test.each([
    ['write', 'write'],
    ['ftruncate', 'ftruncate'],
    ['fallocate', 'fallocate'],
  ])('%s through a descriptor of the caller: five more', (name, call) => {
    expect(calls(name)).toEqual([...GUARD, call, 'close']);
  });

  test.each([
    ['truncate', 'ftruncate'],
    ['append', 'write'],
  ])(
    '%s by path: the lock lies on the description of the call itself, so four more than open, %s, close',
    (name, call) => {
      expect(calls(name)).toEqual(['stat', 'open', 'stat', 'fcntl', 'fcntl', call, 'close']);
    },
  );

  test('append through a descriptor without O_APPEND: five for the guard, two for its flags, and a second open', () => {
    expect(calls('append to a descriptor')).toEqual([...GUARD, 'fcntl', 'fcntl', 'open', 'write', 'close', 'close']);
  });

  test.each(['truncate', 'append', 'open'])(
    'a refusal of %s by a seal of this thread: one stat, and no open',
    (name) => {
      expect(calls(`refused ${name}`)).toEqual(['stat']);
    },
  );

  test('a refusal of ftruncate: one stat, and the access mode of the descriptor, because a wrong mode is an error first', () => {
    expect(calls('refused ftruncate')).toEqual(['stat', 'fcntl']);
  });

  test('isSealed: one for a file that this thread has sealed, two if it maps the file, four for another file', () => {
    expect(calls('isSealed of a sealed file')).toEqual(['stat']);
    expect(calls('isSealed of a mapped file')).toEqual(['stat', 'fcntl']);
    expect(calls('isSealed')).toEqual(['stat', 'open', 'fcntl', 'close']);
  });
});
