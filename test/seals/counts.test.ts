// The cost of many seals, and of seals that have ended: counted, because no test has a clock. npm run bench -- "one
// mapping" has the times.
import { expect, jest, test } from '@jest/globals';
import { NativeRegion } from '../../lib/backend/native/region.js';
import { map, seals, type Mapping, type Seal } from '../../lib/index.js';
import { PAGE } from '../support/sizes.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

const FEW = 10;
const MANY = 300;

/** Counts each read of the state of a seal. */
class Looks {
  count = 0;

  watch(seal: Seal): Seal {
    for (const name of ['policy', 'state'] as const) {
      const owner = Object.hasOwn(seal, name) ? seal : (Object.getPrototypeOf(seal) as object);
      const was = Object.getOwnPropertyDescriptor(owner, name);
      const look = (): unknown => {
        this.count++;
        return was?.get === undefined ? was?.value : Reflect.apply(was.get, seal, []);
      };
      Object.defineProperty(seal, name, { get: look });
    }
    return seal;
  }

  /** In `body`. */
  in(body: () => void): number {
    const before = this.count;
    body();
    return this.count - before;
  }
}

native.describe('many seals of one mapping', () => {
  test.each([
    { policy: 'refuse', enforcement: 'advisory' },
    { policy: 'breakable', enforcement: 'advisory' },
    { policy: 'breakable', enforcement: 'lease' },
  ] as const)('one more, and one less, looks at no more of them than at first: %j', (options) => {
    using mapping = map(scratch.file(PAGE));
    const looks = new Looks();
    const held: Seal[] = [];
    const oneMore = (): number => looks.in(() => held.push(looks.watch(mapping.seal(options))));
    const oneLess = (): number => looks.in(() => held.shift()?.release());
    while (held.length < FEW) oneMore();
    const atFirst = [oneMore(), oneLess()];
    while (held.length < MANY) oneMore();
    expect([oneMore(), oneLess()]).toEqual(atFirst);
    expect([mapping.seals.length, seals.list()[0]?.policy]).toEqual([MANY, options.policy]);
    while (held.length > 1) held.pop()?.release();
    expect([mapping.seals.length, mapping.seals[0]?.state]).toEqual([1, 'held']);
    mapping.close();
    expect([held[0]?.state, seals.list()]).toEqual(['released', []]);
  });

  test('the policy of the file follows its holders', () => {
    using mapping = map(scratch.file(PAGE));
    const policy = (): string | undefined => seals.list()[0]?.policy;
    const breakable = mapping.seal({ policy: 'breakable' });
    expect(policy()).toBe('breakable');
    const strict = mapping.seal();
    expect(policy()).toBe('refuse');
    strict.release();
    strict.release();
    expect(policy()).toBe('breakable');
    mapping.seal();
    breakable.release();
    expect(policy()).toBe('refuse');
  });
});

native.describe('a breakable seal with a lease', () => {
  const lease = { policy: 'breakable', enforcement: 'lease' } as const;

  /** How often a flush asks whether the memory was cut off from its file. */
  function asks(mapping: Mapping): number {
    const asked = jest.spyOn(NativeRegion.prototype, 'isFenced', 'get');
    mapping.write(Buffer.from('x'), 0);
    mapping.persist();
    const { length } = asked.mock.calls;
    asked.mockRestore();
    return length;
  }

  test('while it is held each flush asks whether the memory was cut off; after the release none does', () => {
    using mapping = map(scratch.file(PAGE));
    expect(asks(mapping)).toBe(0);
    const first = mapping.seal(lease);
    const second = mapping.seal(lease);
    expect(asks(mapping)).toBe(2);
    first.release();
    first.release();
    expect(asks(mapping)).toBe(2);
    second.release();
    expect(asks(mapping)).toBe(0);
    mapping.seal(lease);
    expect(asks(mapping)).toBe(2);
  });

  test('the release of another seal leaves that as it is', () => {
    using mapping = map(scratch.file(PAGE));
    mapping.seal(lease);
    mapping.seal({ policy: 'breakable' }).release();
    mapping.seal().release();
    expect(asks(mapping)).toBe(2);
  });
});
