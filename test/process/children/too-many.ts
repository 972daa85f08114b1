// 70,000 live mappings of one file are more than vm.max_map_count: a clean error, and everything goes on working.
import assert from 'node:assert/strict';
import { map, stats, type Mapping } from '../../../lib/index.js';
import { watermark } from '../../support/watermark.js';
import { descriptorsOf, nothingLeftOf } from './inspect.js';

const [path = '', withViews] = process.argv.slice(2);

function mapUntilRefused(into: Mapping[]): unknown {
  try {
    while (into.length < 70_000) {
      const mapping = map(path);
      into.push(mapping);
      if (withViews === 'views') mapping.buffer[0] = 1;
    }
  } catch (error) {
    return error;
  }
  return undefined;
}

function useMemory(): void {
  const kept = Array.from({ length: 32 }, (_, i) => Buffer.alloc(2 ** 20, i));
  assert.equal(JSON.stringify(Array.from({ length: 200_000 }, (_, i) => ({ i }))).length > 1e6, true);
  assert.equal(kept[31]?.[0], 31);
  globalThis.gc?.();
}

async function main(): Promise<void> {
  const live: Mapping[] = [];
  const refusal = mapUntilRefused(live) as Error & { code?: string; errno?: number; syscall?: string };
  assert.equal(refusal?.code, 'ENOMEM');
  assert.equal(refusal.errno, -12);
  assert.equal(refusal.syscall, 'mmap');
  assert.match(refusal.message, /vm\.max_map_count/);
  assert.ok(live.length > 60_000, `${live.length} mappings`);
  assert.equal(descriptorsOf(path), 1);
  useMemory();
  assert.throws(() => map(path), { code: 'ENOMEM' });
  assert.equal(stats().mappings, live.length);
  for (const mapping of live.splice(0)) mapping.close();
  useMemory();
  const again = map(path);
  assert.equal(again.buffer[1], watermark(4096, 2)[1]); // as volume.test.ts has filled the file
  again.close();
  await nothingLeftOf(path);
  process.stdout.write('done\n');
}

void main();
