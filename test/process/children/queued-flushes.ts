// One flush of a file runs at a time. After close() it ends well, and the waiting ones are rejected.
import assert from 'node:assert/strict';
import { map } from '../../../lib/index.js';
import { nothingLeftOf } from './inspect.js';

const path = process.argv[2] ?? '';

async function main(): Promise<void> {
  const mapping = map(path);
  mapping.buffer.fill(5);
  const flushes = Array.from({ length: 6 }, () => mapping.persistAsync());
  const other = map(path);
  const flushOfOther = other.persistAsync();
  mapping.close();
  const results = await Promise.allSettled(flushes);
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? 'done' : (result.reason as { code?: string }).code)),
    ['done', ...Array.from({ length: 5 }, () => 'ERR_MAPPING_CLOSED')],
  );
  await flushOfOther;
  await assert.rejects(mapping.persistAsync(), { code: 'ERR_MAPPING_CLOSED' });
  other.close();
  await nothingLeftOf(path);
  process.stdout.write('done\n');
}

void main();
