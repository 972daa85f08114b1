// examples/shared-counter
import { expect, test } from '@jest/globals';
import { native } from '../support/backends.js';
import { runProgram } from './run-program.js';

const count = (...args: string[]) => runProgram('shared-counter', 'count.mjs', args);

native.test('no addition of a thread of a process is lost', () => {
  expect(count('3', '2', '20000')).toEqual({
    status: 0,
    stdout: '3 processes of 2 threads counted to 120000\n',
    stderr: '',
  });
});

test.each([
  [['0'], "PROCESSES must be a whole number from 1 to 64, not '0'\n"],
  [['2', 'x'], "THREADS must be a whole number from 1 to 64, not 'x'\n"],
  [['2', '2', '1.5'], "COUNT must be a whole number from 1 to 10000000, not '1.5'\n"],
])('%j is refused with a sentence', (args, stderr) => {
  expect(count(...args)).toEqual({ status: 2, stdout: '', stderr });
});

test('the emulation is refused with its reason', () => {
  const { status, stdout, stderr } = runProgram('shared-counter', 'count.mjs', [], { MAPDIRECT_BACKEND: 'emulated' });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^no shared memory here: .+\n$/);
});
