// Checks of recovery over an exact trace. Arguments: the program.
import assert from 'node:assert/strict';
import { randomOf } from '../../../lib/testing/random.js';
import { checkCrashes, CrashSimulator } from '../../../lib/testing/index.js';

const VALUE = 0x0102_0304_0506_0708n;

/** The report names the store that a value is of. */
async function report(): Promise<void> {
  using simulator = new CrashSimulator({ size: 4096, trace: 'exact' });
  simulator.mapping.buffer.writeBigUInt64LE(VALUE, 8);
  simulator.mapping.persist(0, 64);
  const wrong = await simulator.check(
    (mapping) => mapping.buffer.readBigUInt64LE(8),
    (value) => value !== 0x06_0708n,
  );
  const [failure] = wrong.failures;
  assert(failure !== undefined);
  const [word] = failure.crashes[0].present;
  assert.equal(word?.value, '0000000000060708');
  assert.match(word.stored, /^store 3 of 8 before persist\(\) .*exact-checks\.js/);
  assert.equal(failure.crashes[0].torn, undefined);
  assert.equal(simulator.replay(1, failure.choice).buffer.readBigUInt64LE(8), 0x06_0708n);
  assert(!simulator.diagnostics.some(({ id }) => id === 'never-flushed'));
}

/** A word in eight pieces has each of their prefixes, and nothing is sampled: a diff has none of three bytes. */
async function prefixes(): Promise<void> {
  const valuesOf = (trace: 'diff' | 'exact'): Set<bigint> => {
    using simulator = new CrashSimulator({ size: 4096, trace });
    simulator.mapping.buffer.writeBigUInt64LE(VALUE, 0);
    return new Set([...simulator.images()].map(({ buffer }) => buffer.readBigUInt64LE()));
  };
  const wanted = Array.from({ length: 9 }, (_, bytes) => BigInt.asUintN(8 * bytes, VALUE));
  assert.deepEqual(valuesOf('exact'), new Set(wanted));
  assert(!valuesOf('diff').has(0x06_0708n));

  // A value that is replaced before the next call: only the trace has it.
  const reports = async (trace: 'diff' | 'exact'): Promise<readonly number[]> => {
    const found: number[] = [];
    await checkCrashes({
      size: 4096,
      trace,
      workload: ({ buffer }) => [1, 2, 3].forEach((value) => (buffer[0] = value)),
      recover: ({ buffer }) => found.push(buffer[0] as number),
      invariant: () => true,
      exhaustive: true,
    });
    return [...new Set(found)].sort();
  };
  assert.deepEqual(await reports('exact'), [0, 1, 2, 3]);
  assert.deepEqual(await reports('diff'), [0, 3]);

  // The two stores are in order, and only with the trace of 'byte' that is known.
  const pairs = (trace: 'diff' | 'exact'): string[] => {
    using simulator = new CrashSimulator({ size: 4096, granularity: 'byte', trace });
    const words = new BigUint64Array(simulator.mapping.arrayBuffer(0, 4096));
    words[100] = 1n;
    words[0] = 1n;
    return [...simulator.images()].map(({ buffer }) => `${buffer[800]}${buffer[0]}`).sort();
  };
  assert.deepEqual(pairs('exact'), ['00', '10', '11']);
  assert.deepEqual(pairs('diff'), ['00', '01', '10', '11']);
}

/** What write() stores around the cache has no order, not even in one line. A short record has one. */
function streamed(): Promise<void> {
  const firstWords = (length: number): Set<string> => {
    using simulator = new CrashSimulator({ size: 4096, lines: 'ordered', trace: 'exact' });
    simulator.mapping.write(Buffer.alloc(length, 1), 0, { drain: false });
    const images = [...simulator.images({ limit: 1024 })].map(
      ({ buffer }) => new BigUint64Array(Uint8Array.from(buffer).buffer),
    );
    return new Set(images.map((words) => `${Number(words[0] !== 0n)}${Number(words[4] !== 0n)}`));
  };
  assert.deepEqual(firstWords(40), new Set(['00', '10', '11']));
  assert.deepEqual(firstWords(320), new Set(['00', '10', '01', '11']));
  return Promise.resolve();
}

/** 20,000 stores in one order: each content that is tried is a prefix, from the begin to the end. */
async function long(): Promise<void> {
  const count = 20_000;
  const size = 65_536;
  using simulator = new CrashSimulator({ size, granularity: 'byte', trace: 'exact' });
  const words = new BigUint64Array(simulator.mapping.arrayBuffer(0, size));
  const random = randomOf(1);
  const places = Array.from({ length: count }, () => random() % words.length);
  for (const [index, place] of places.entries()) words[place] = BigInt(index + 1);
  const lasts: number[] = [];
  const checked = await simulator.check(
    (mapping) => {
      const now = new BigUint64Array(mapping.arrayBuffer(0, size));
      const last = Number(now.reduce((most, value) => (value > most ? value : most), 0n));
      lasts.push(last);
      const wanted = new BigUint64Array(words.length);
      for (let index = 0; index < last; index++) wanted[places[index] as number] = BigInt(index + 1);
      return Buffer.from(now.buffer, now.byteOffset, size).equals(Buffer.from(wanted.buffer));
    },
    (isPrefix) => isPrefix,
    { limit: 64, timeout: 20_000 },
  );
  assert.deepEqual(checked.failures, []);
  assert(!checked.exhaustive);
  assert(Math.min(...lasts) === 0 && Math.max(...lasts) === count);
  const halves = [lasts.filter((last) => last < count / 2).length, lasts.filter((last) => last >= count / 2).length];
  assert(halves.every((half) => half > 10), String(halves)); // prettier-ignore
}

const programs: Readonly<Record<string, () => Promise<void>>> = { report, prefixes, streamed, long };

async function main([program = '']: readonly string[]): Promise<void> {
  await programs[program]?.();
  console.log('done');
}

void main(process.argv.slice(2));
