// close() from getters of the arguments of write() and persistRanges(), with another mapping in its place at once; and
// sources that lie about themselves. Not a byte of the other file changes, and nothing crashes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { map, type Mapping } from '../../../lib/index.js';

const [path = '', victim = ''] = process.argv.slice(2);
const before = readFileSync(victim);
const LENGTH = readFileSync(path).length;
// Far outside of the victim, which is small.
const FAR = LENGTH / 2;

type Close = () => void;

/** Says that it has 4 bytes. */
class Liar extends Uint8Array {
  override get byteLength(): number {
    return 4;
  }
}

/** Says so, and that it has many. */
class Boaster extends Liar {
  override get length(): number {
    return LENGTH;
  }
}

function closingPair(close: Close, pair: [number, number]): [number, number] {
  return Object.defineProperty([...pair] as [number, number], 0, { get: () => (close(), pair[0]) });
}

const calls: Record<string, (mapping: Mapping, close: Close) => unknown> = {
  'write(, , { get drain })': (mapping, close) =>
    mapping.write(Buffer.alloc(FAR, 7), FAR, {
      get drain() {
        return (close(), true);
      },
    }),
  'write(, , a proxy)': (mapping, close) =>
    mapping.write(Buffer.alloc(FAR, 7), FAR, new Proxy({}, { ownKeys: () => (close(), []) })),
  'persistRanges(a pair with a getter)': (mapping, close) => mapping.persistRanges([closingPair(close, [FAR, FAR])]),
  'persistRanges(a proxy)': (mapping, close) =>
    mapping.persistRanges(
      new Proxy([[FAR, FAR]] as [number, number][], {
        get: (list, key, self): unknown => (close(), Reflect.get(list, key, self)),
      }),
    ),
};

/** Its length is asked of the language: this getter is never called. */
function closingView(mapping: Mapping): DataView {
  return Object.defineProperty(new DataView(new ArrayBuffer(FAR)), 'byteLength', { get: () => (mapping.close(), FAR) });
}

const lies: Record<string, (mapping: Mapping) => unknown> = {
  'write(a DataView with a getter that closes)': (mapping) => mapping.write(closingView(mapping), FAR),
  'write(a source that says it is shorter)': (mapping) => mapping.write(new Liar(LENGTH).fill(7), 0),
  'write(a source that says it is shorter, and longer)': (mapping) => mapping.write(new Boaster(LENGTH).fill(7), 0),
  'persistRanges(an array-like object)': (mapping) =>
    mapping.persistRanges(Object.create(Float64Array.prototype) as Float64Array),
};

for (const [name, call] of Object.entries(calls)) {
  const mapping = map(path);
  let other: Mapping | undefined;
  const close = (): void => {
    if (mapping.closed) return;
    mapping.close();
    other = map(victim);
  };
  assert.throws(() => call(mapping, close), { code: 'ERR_MAPPING_CLOSED' }, name);
  assert.ok(other?.buffer.equals(before), `${name}: a byte of another mapping`);
  other?.close();
  assert.ok(readFileSync(victim).equals(before), name);
}

for (const [name, call] of Object.entries(lies)) {
  const small = map(victim);
  try {
    call(small);
  } catch (error) {
    assert.ok(error instanceof TypeError || error instanceof RangeError, `${name}: ${String(error)}`);
  }
  // Only as many bytes as it said may be stored.
  assert.ok(small.view(4).equals(before.subarray(4)), name);
  small.write(before.subarray(0, 4), 0);
  small.close();
}
assert.ok(readFileSync(victim).equals(before));
process.stdout.write('done\n');
