// With MAPDIRECT_TRACE_LEAKS=1 a dropped Mapping is a process warning that says where it was made: for the mappings of
// one place the 1st, the 10th, ..., and for each place.
import assert from 'node:assert/strict';
import { map, stats } from '../../../lib/index.js';
import { eventually } from './inspect.js';

const path = process.argv[2] ?? '';
const isOn = process.env['MAPDIRECT_TRACE_LEAKS'] !== undefined;
const LEAKS = 25;

function forgetToClose(): void {
  map(path);
}

function forgetOnce(): void {
  map(path);
}

/** The warnings: which place, and which mapping of it. */
function parsed(message: string): string {
  const found =
    /^A mapping of '(.*)' of 65536 bytes was dropped without close\(\)( \(number \d+ of this place\))?; it was made here:\n +at (\w+) /.exec(
      message,
    );
  assert.equal(found?.[1], path, message);
  assert.doesNotMatch(message, /dist\/lib\//); // frames of the package tell its user nothing
  return `${found?.[3]}${found?.[2] ?? ''}`;
}

async function main(): Promise<void> {
  const warnings: (Error & { code?: string })[] = [];
  process.on('warning', (warning) => warnings.push(warning));
  forgetOnce();
  for (let i = 0; i < LEAKS; i++) forgetToClose();
  await eventually('they were collected', () => stats().leaked === LEAKS + 1);
  await eventually('the warnings came', () => warnings.length === (isOn ? 3 : 0));
  for (const { code } of warnings) assert.equal(code, 'MAPDIRECT_LEAK');
  const places = warnings.map(({ message }) => parsed(message)).sort();
  const expected = ['forgetOnce', 'forgetToClose', 'forgetToClose (number 10 of this place)'];
  assert.deepEqual(places, isOn ? expected : []);
  process.stdout.write('done\n');
}

void main();
