// Each argument of register() that is wrong, and each state in which it is refused: a named error, and nothing is left.
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  anonymous,
  constants,
  map,
  mmap,
  seals,
  stats,
  type Mapping,
  type RegisterOptions,
  type Registration,
} from '../../lib/index.js';
import { native } from '../support/backends.js';
import { expectMisuse, expectSystemError, thrown, type Thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { rehearsed } from './rehearsed.js';

const SIZE = 65536;
const TYPE = 'ERR_INVALID_ARG_TYPE';
const VALUE = 'ERR_INVALID_ARG_VALUE';
const RANGE = 'ERR_OUT_OF_RANGE';

const scratch = new Scratch();
const opened: Mapping[] = [];

function opening(mapping: Mapping): Mapping {
  opened.push(mapping);
  return mapping;
}

const mapped = (): Mapping => opening(map(scratch.file(SIZE)));

afterEach(() => {
  for (const mapping of opened.splice(0)) mapping.close();
});

/** The error of register(), which has registered, locked and sealed nothing. */
function refusal(mapping: Mapping, options: unknown): Thrown {
  const held = (): unknown => [stats().seals, stats().registrations];
  const before = held();
  const error = thrown(() => mapping.register(options as RegisterOptions));
  expect(held()).toEqual(before);
  expect(mapping.seals).toEqual([]);
  return error;
}

type Row = readonly [shown: string, options: unknown, code: string, argument: string];

function rows(name: string, code: string, values: readonly unknown[]): Row[] {
  return values.map((value) => {
    const shown = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
    return [`${name}: ${shown}`, { [name]: value }, code, `options.${name}`];
  });
}

const notNumbers: readonly unknown[] = ['1', null, true, {}, [], 1n];
const notSizes: readonly unknown[] = [NaN, -1, 0.5, 2 ** 53, Infinity];

const wrong: readonly Row[] = [
  ...[5, null, 'all', true, []].map((options): Row => [JSON.stringify(options), options, TYPE, 'options']),
  ['an unknown option', { lenght: 1 }, VALUE, 'options'],
  ...['offset', 'length'].flatMap((name) => rows(name, TYPE, notNumbers)),
  ...['offset', 'length'].flatMap((name) => rows(name, RANGE, notSizes)),
  ...rows('offset', RANGE, [SIZE + 1]),
  ...rows('length', RANGE, [0, SIZE + 1]),
  ['no byte is left', { offset: SIZE }, RANGE, 'options.length'],
  ['past the end', { offset: SIZE - 4096, length: 4097 }, RANGE, 'options.length'],
  ...rows('access', TYPE, [null, 'remote-read', 7, {}, new Set(['remote-read']), [7], [null], [undefined]]),
  ...rows('access', VALUE, [['read'], ['local-write', ''], ['REMOTE-READ'], ['local-write ']]),
  ...rows('provider', TYPE, [null, 1, {}, ['lock']]),
  ...rows('provider', VALUE, ['', 'rdma', 'Lock', 'constructor']),
  ...rows('domain', TYPE, [null, 1, 'rxe0', {}, [], () => 1]),
  ['verbs without a domain', { provider: 'verbs' }, VALUE, 'options.domain'],
];

native.describe('an option of register() that is wrong', () => {
  test.each(wrong)('%s', (_shown, options, code, argument) => {
    expectMisuse(refusal(mapped(), options), code, argument);
    expectMisuse(refusal(opening(anonymous(SIZE)), options), code, argument);
  });

  test('a domain that is another object of this package', () => {
    const mapping = mapped();
    const registration = opening(anonymous(SIZE)).register();
    for (const domain of [mapping, registration]) expectMisuse(refusal(mapping, { domain }), TYPE, 'options.domain');
    registration.deregister();
  });

  test('a provider that the domain does not have', () => {
    const domain = rehearsed({});
    for (const provider of ['verbs', 'io_uring'])
      expectMisuse(refusal(mapped(), { domain, provider }), VALUE, 'options.provider');
  });

  test('a misspelled option asks for the right one', () => {
    expect(refusal(mapped(), { acces: [] }).message).toContain("did you mean 'access'?");
  });

  test('a hole in the list of rights', () => {
    // eslint-disable-next-line no-sparse-arrays
    expectMisuse(refusal(mapped(), { access: [, 'remote-read'] }), TYPE, 'options.access');
  });

  test('a getter that throws: its error', () => {
    const error = new Error('of the getter');
    const options = {
      get access(): never {
        throw error;
      },
    };
    expect(refusal(mapped(), options)).toBe(error);
  });
});

native.describe('what the options need', () => {
  test.each(['remote-read', 'remote-write', 'remote-atomic', 'remote-flush'])(
    "'%s' without a device: EOPNOTSUPP that names the domain",
    (access) => {
      const mapping = mapped();
      const error = refusal(mapping, { access: ['local-write', access] });
      expectSystemError(error, 'EOPNOTSUPP', 'register', mapping.path);
      expect(error.message).toMatch(/mapdirect\/rdma/);
    },
  );

  test('descriptor() without peers: EOPNOTSUPP', () => {
    const mapping = mapped();
    using registration = mapping.register();
    expectSystemError(
      thrown(() => registration.descriptor()),
      'EOPNOTSUPP',
      'descriptor',
      mapping.path,
    );
  });
});

native.describe('a mapping that cannot be registered', () => {
  test.each([['read'], ['copy']] as const)("access '%s': EACCES", (access) => {
    const path = scratch.file(SIZE);
    expectSystemError(refusal(opening(map(path, { access })), {}), 'EACCES', 'register', path);
  });

  test('without PROT_WRITE: EACCES', () => {
    const { PROT_READ, MAP_SHARED, MAP_ANONYMOUS } = constants;
    expectSystemError(
      refusal(opening(mmap(SIZE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1)), {}),
      'EACCES',
      'register',
    );
  });

  test('closed: ERR_MAPPING_CLOSED, also if a getter of the options closes it', () => {
    const mapping = mapped();
    const options = {
      get length() {
        mapping.close();
        return 1;
      },
    };
    expect(refusal(mapping, options).code).toBe('ERR_MAPPING_CLOSED');
    expect(refusal(mapping, {}).code).toBe('ERR_MAPPING_CLOSED');
    expect(refusal(mapping, { length: 'long' }).code).toBe('ERR_MAPPING_CLOSED');
  });

  test('made shorter by a getter of the options: ERR_OUT_OF_RANGE', () => {
    const mapping = mapped();
    const options = {
      offset: 4096,
      get length() {
        mapping.resize(4096);
        return 4096;
      },
    };
    expect(refusal(mapping, options).code).toBe(RANGE);
  });
});

test('the emulation: EOPNOTSUPP with the remedy', () => {
  const path = scratch.file(SIZE);
  const mapping = opening(map(path, { backend: 'emulated' }));
  expectSystemError(refusal(mapping, {}), 'EOPNOTSUPP', 'register', path);
  expectMisuse(refusal(mapping, { provider: 'rdma' }), VALUE, 'options.provider');
});

describe('a range that another registration holds', () => {
  function inUse(mapping: Mapping, use: (first: Registration) => void): void {
    const first = mapping.register({ offset: 4096, length: 8192 });
    use(first);
    expect(first.valid).toBe(true);
    first.deregister();
  }

  native.test('can be registered again, with other rights: each ends by itself', () => {
    inUse(mapped(), (first) => {
      const mapping = opened[0]!;
      const second = mapping.register({ offset: 8192, length: 8192, access: [] });
      expect(second.address - first.address).toBe(4096n);
      second.deregister();
      expect([first.valid, mapping.seals.length]).toEqual([true, 1]);
    });
  });

  native.test("loses no page to advise('remove'): ETXTBSY by its seal, EBUSY without a file", () => {
    const mapping = mapped();
    inUse(mapping, () => {
      const sealed = thrown(() => mapping.advise('remove', 0, 4096));
      expectSystemError(sealed, 'ETXTBSY', 'madvise', mapping.path);
    });
    const memory = opening(anonymous(SIZE));
    memory.fill(7);
    inUse(memory, () => {
      const refused = thrown(() => memory.advise('remove', 4096, 4096));
      expect(refused).toMatchObject({ code: 'EBUSY', syscall: 'madvise' });
      expect(refused.message).toContain('8192 bytes at 4096');
    });
    expect(memory.buffer[4096]).toBe(7);
  });

  // scripts/test-asan.js leaves tests with this name out.
  native.test('gives its pages free at its end: lock and unlock reach the kernel', () => {
    const memory = opening(anonymous(SIZE));
    memory.fill(7);
    inUse(memory, () => undefined);
    memory.advise('remove', 4096, 4096); // EINVAL of locked pages
    expect(memory.buffer[4096]).toBe(0);
  });

  native.test('does not lose its lock to unlock(): EBUSY', () => {
    const mapping = mapped();
    inUse(mapping, () => {
      const refused = thrown(() => mapping.unlock());
      expectSystemError(refused, 'EBUSY', 'unlock', mapping.path);
      expect(refused.message).toContain('8192 bytes at 4096');
    });
    mapping.unlock();
  });
});

native.test('a file that cannot be sealed cannot be registered: the error of the seal', () => {
  const path = scratch.file(SIZE);
  const [one, other] = [opening(map(path)), opening(map(path))];
  one.seal({ policy: 'exclusive' });
  const error = refusal(other, {});
  expectSystemError(error, 'EBUSY', 'seal', path);
  expect(seals.list()).toHaveLength(1);
});
