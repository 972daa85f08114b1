import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { native } from '../support/backends.js';
import { ROOT } from '../support/paths.js';
import { runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

/** The longest name that the kernel keeps. */
const LONGEST = 15;

const sources = readdirSync(join(ROOT, 'src-native'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.cc'))
  .map((name) => readFileSync(join(ROOT, 'src-native', name), 'utf8'))
  .join('\n');

/** The names in the source. Every thread begins in StartThread(); the two classes pass a name on to it. */
const namesInSource = Array.from(
  sources.matchAll(/\b(?:StartThread|PollThread|Queue)\(\s*"([^"]*)"/g),
  ([, name = '']) => name,
).sort();

test('docs/operators.md lists the name of every thread, and the kernel keeps it whole', () => {
  const document = readFileSync(join(ROOT, 'docs', 'operators.md'), 'utf8');
  const listed = Array.from(document.matchAll(/^\| `(mapdirect-\w+)` \|/gm), ([, name = '']) => name);
  expect(listed.sort()).toEqual(namesInSource);
  expect(namesInSource.filter((name) => name.length > LONGEST)).toEqual([]);
});

test('no thread is created but by StartThread()', () => {
  expect(sources.match(/\bpthread_create\(|\bstd::thread\b|\bstd::async\b/g)).toEqual(['pthread_create(']);
});

native.test('the threads of the addon show their names in /proc', async () => {
  const outcome = await runChild('thread-names', [scratch.file(65536)]);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  expect(outcome.stdout).toBe('mapdirect-call,mapdirect-event,mapdirect-flush,mapdirect-futex\n');
});
