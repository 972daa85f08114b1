// With MAPDIRECT_TRACE_LEAKS=1 a dropped Mapping is a process warning that says where it was made.
import assert from 'node:assert/strict';
import { map, stats } from '../../../lib/index.js';
import { eventually } from './inspect.js';

const path = process.argv[2] ?? '';
const expected = process.env['MAPDIRECT_TRACE_LEAKS'] === '1' ? 1 : 0;

function whoForgetsToClose(): void {
  map(path);
}

async function main(): Promise<void> {
  const warnings: (Error & { code?: string })[] = [];
  process.on('warning', (warning) => warnings.push(warning));
  whoForgetsToClose();
  await eventually('it was collected', () => stats().leaked === 1);
  await eventually('the warning came', () => warnings.length === expected);
  for (const { code, message } of warnings) {
    assert.equal(code, 'MAPDIRECT_LEAK');
    assert.match(
      message,
      /^A mapping of '.*' of 65536 bytes was dropped without close\(\); it was made here:\n +at whoForgetsToClose /,
    );
    assert.ok(message.includes(path));
    assert.doesNotMatch(message, /dist\/lib\//); // frames of the package tell its user nothing
  }
  process.stdout.write('done\n');
}

void main();
