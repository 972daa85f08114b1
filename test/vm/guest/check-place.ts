// In the guest: asserts the properties of one place; prints one line of JSON for the matrix. Arguments: NAME
// mem-ctrl|cpu INSTRUCTION
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { attach, map, probeSync, type MapOptions, type Mapping } from '../../../lib/index.js';
import { placeOf, type Place } from '../layout.js';
import { prepare } from './mounts.js';

const MiB = 2 ** 20;
const [, , name = '', persistence = 'mem-ctrl', instruction = 'clwb'] = process.argv;
const place = placeOf(name);
const at = prepare(place);
const isDevice = place.memory === 'devdax';
const target = isDevice ? at : path.join(at, 'check');
const options: MapOptions = isDevice ? {} : { create: true, size: 2 * MiB };
const finest = persistence === 'cpu' ? 'byte' : 'cache-line';

function passed(check: string): void {
  process.stdout.write(`vm-test: passed ${name}: ${check}\n`);
}

function refusal(wanted: MapOptions): NodeJS.ErrnoException {
  try {
    map(target, { ...options, ...wanted }).close();
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(wanted)} was accepted on ${name}` });
}

function grantedOrRefused({ mapSync, reason = /./ }: Place): void {
  if (mapSync) {
    using mapping = map(target, { ...options, sync: 'require', granularity: 'cache-line' });
    assert.equal(mapping.durability.mapSync, true);
    if (persistence !== 'cpu') assert.match(refusal({ granularity: 'byte' }).message, /eADR/);
    else map(target, { ...options, granularity: 'byte' }).close();
  } else {
    for (const wanted of [{ sync: 'require' }, { granularity: 'cache-line' }] as const) {
      const { code, errno, syscall, message } = refusal(wanted);
      assert.deepEqual([code, errno, syscall], ['EOPNOTSUPP', -95, 'mmap']);
      assert.match(message, reason);
    }
  }
  passed(mapSync ? "sync: 'require' is granted" : "sync: 'require' is EOPNOTSUPP with the reason");
}

/** By another way than the mapping that stored them. */
function bytesOf(offset: number, length: number): Buffer {
  if (!isDevice) return fs.readFileSync(target).subarray(offset, offset + length);
  using other = map(target);
  return Buffer.from(other.view(offset, length));
}

function persists(mapping: Mapping): void {
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7) & 0xff));
  mapping.write(bytes, 4093);
  mapping.view(20, 3).fill(9);
  mapping.persist(20, 3);
  mapping.fill(5, MiB - 1, 70_000);
  mapping.persistRanges([[0, 64], [10, 5000], [MiB, 1]]); // prettier-ignore
  mapping.deepPersist(0, 4096);
  assert.deepEqual(bytesOf(4093, 5000), bytes);
  assert.deepEqual(bytesOf(20, 3), Buffer.alloc(3, 9));
  assert.deepEqual(bytesOf(MiB - 1, 70_000), Buffer.alloc(70_000, 5));
  passed('write, persist, fill, persistRanges and deepPersist: the bytes are there');
}

async function persistsLater(mapping: Mapping): Promise<void> {
  mapping.view(MiB, MiB).fill(3);
  await mapping.persistAsync(MiB, MiB);
  assert.deepEqual(bytesOf(MiB, MiB), Buffer.alloc(MiB, 3));
  passed('persistAsync: the bytes are there');
}

function probed({ mapSync, reason = /./ }: Place, got: Mapping['durability']): void {
  const answers = probeSync(target);
  assert.equal(answers.mapSync.answer, mapSync ? 'yes' : 'no');
  assert.equal(answers.granularity.answer, got.granularity);
  if (!mapSync) assert.match(answers.mapSync.reason ?? '', reason);
  if (!mapSync) assert.match(got.reasons.join(' '), reason);
  passed('probe() agrees with the mapping, and has the reasons');
}

/** No guest of QEMU counts; the reason depends on the memory. */
const UNCOUNTED: Readonly<Record<Place['memory'], RegExp>> = {
  fsdax: /nmem\d+: its firmware/,
  devdax: /nmem\d+: its firmware/,
  raw: /nmem\d+: its firmware/,
  'virtio-pmem': /no memory module/,
  none: /not all of the device/i,
};

function healthy({ memory }: Place, mapping: Mapping): void {
  if (memory === 'none') assert.throws(() => mapping.badBlocks(), { code: 'EOPNOTSUPP', syscall: 'badBlocks' });
  else assert.deepEqual(mapping.badBlocks(), []);
  const { answer, reason = '' } = probeSync(target).unsafeShutdowns;
  assert.equal(answer, 'unknown');
  assert.match(reason, UNCOUNTED[memory]);
  passed('badBlocks() is empty where there is a list; probe() says why unsafe shutdowns are not counted');
}

function shared(mapping: Mapping): void {
  using other = attach(mapping.share());
  mapping.view(MiB, 3).fill(7);
  assert.equal(other.length, mapping.length);
  assert.deepEqual(Buffer.from(other.view(MiB, 3)), Buffer.alloc(3, 7));
  passed('share() and attach(): the same bytes');
}

async function check(): Promise<void> {
  grantedOrRefused(place);
  using mapping = map(target, options);
  const { granularity, method, mapSync, domain } = mapping.durability;
  assert.equal(mapSync, place.mapSync);
  assert.equal(granularity, place.mapSync ? finest : 'page');
  assert.equal(method, !place.mapSync ? 'msync' : persistence === 'cpu' ? 'fence' : instruction);
  if (place.mapSync) assert.equal(domain, persistence === 'cpu' ? 'cpu-cache' : 'memory-controller');
  passed('durability is right for this place');
  persists(mapping);
  await persistsLater(mapping);
  shared(mapping);
  probed(place, mapping.durability);
  healthy(place, mapping);
  process.stdout.write(`vm-row: ${JSON.stringify({ place: name, mapSync, granularity, method, domain })}\n`);
}

check().catch((error: unknown) => {
  process.stdout.write(
    `vm-test: failed ${name}: ${(error as Error).stack ?? String(error)}\n`.replace(/\n(?=.)/g, '\nvm-note: '),
  );
});
