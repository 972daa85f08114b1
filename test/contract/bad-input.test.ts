import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  anonymous,
  attach,
  constants,
  extents,
  map,
  mapAsync,
  mmap,
  probeSync,
  seals,
  stats,
  type Mapping,
  type MapOptions,
} from '../../lib/index.js';
import { describeBackends, native } from '../support/backends.js';
import { expectMisuse, expectSystemError, rejected, thrown, type Thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { misplaced } from '../support/watermark.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const TYPE = 'ERR_INVALID_ARG_TYPE';
const VALUE = 'ERR_INVALID_ARG_VALUE';
const RANGE = 'ERR_OUT_OF_RANGE';
const scratch = new Scratch();
// One file for all of them: none may change it.
let shared: string | undefined;
const file = (): string => (shared ??= scratch.file(LENGTH));

const notNumbers: readonly unknown[] = ['1', null, true, {}, [], 1n, () => 1];
const notSizes: readonly number[] = [NaN, -1, 0.5, 2 ** 53, Infinity, -Infinity];

interface Row {
  readonly option: string;
  readonly value: unknown;
  readonly code: string;
}

function rows(option: string, code: string, values: readonly unknown[]): Row[] {
  return values.map((value) => ({ option, value, code }));
}

/** A value as the title of a test shows it. */
function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}

/** A bad value with its name and the code it gets, as a row for test.each. */
type BadValue = readonly [shown: string, code: string, value: unknown];

function badValues(sizes: readonly number[]): readonly BadValue[] {
  return [
    ...notNumbers.map((value): BadValue => [shown(value), TYPE, value]),
    ...sizes.map((value): BadValue => [shown(value), RANGE, value]),
  ];
}

const badOptions: readonly Row[] = [
  ...['offset', 'length', 'size', 'mode', 'reserve', 'flags'].flatMap((option) => rows(option, TYPE, notNumbers)),
  ...['offset', 'length', 'size', 'mode', 'reserve', 'flags'].flatMap((option) => rows(option, RANGE, notSizes)),
  ...['length', 'size', 'reserve'].flatMap((option) => rows(option, RANGE, [0])),
  ...rows('mode', RANGE, [0o10000]),
  ...rows('flags', RANGE, [2 ** 32]),
  ...rows('flags', VALUE, [
    constants.MAP_FIXED,
    constants.MAP_FIXED_NOREPLACE,
    constants.MAP_GROWSDOWN,
    constants.MAP_SHARED,
    constants.MAP_PRIVATE,
    constants.MAP_ANONYMOUS,
    constants.MAP_SYNC,
  ]),
  ...['create', 'populate', 'lock'].flatMap((option) => rows(option, TYPE, [0, 1, 'true', null, {}])),
  ...['access', 'sync', 'granularity', 'advice', 'backend'].flatMap((option) =>
    rows(option, TYPE, [0, null, {}, true]),
  ),
  ...['access', 'sync', 'granularity', 'advice', 'backend', 'direct'].flatMap((option) =>
    rows(option, VALUE, ['', 'nonsense', 'READ', ' page']),
  ),
];

/** Everything about a directory that a refused call could have changed. */
function snapshot(): unknown {
  return readdirSync(scratch.dir).map((name) => {
    const { size, mtimeNs, mode, ino, blocks } = statSync(join(scratch.dir, name), { bigint: true });
    return { name, size, mtimeNs, mode, ino, blocks };
  });
}

/** `refused`, held to changing nothing: no file, no mapping, no byte. */
function refusing(refused: () => unknown): Thrown {
  file();
  const before = { directory: snapshot(), stats: stats() };
  const error = thrown(refused);
  expect({ directory: snapshot(), stats: stats() }).toEqual(before);
  return error;
}

describe('options of map()', () => {
  test.each(badOptions.map((row) => [row.option, shown(row.value), row.code, row.value] as const))(
    '%s: %s is %s',
    (option, _shown, code, value) => {
      const error = refusing(() => map(file(), { [option]: value }));
      expectMisuse(error, code, `options.${option}`);
      // With create nothing is made.
      const missing = join(scratch.dir, 'never-made');
      expect(refusing(() => map(missing, { create: true, size: 1, [option]: value })).code).toBe(code);
      expect(existsSync(missing)).toBe(false);
    },
  );

  test.each([
    ['lenght', 'length'],
    ['ofset', 'offset'],
    ['acces', 'access'],
    ['Access', 'access'],
    ['granularty', 'granularity'],
    ['populat', 'populate'],
    ['create_', 'create'],
    ['backEnd', 'backend'],
  ])("a misspelled '%s' asks for '%s'", (wrong, right) => {
    const error = refusing(() => map(file(), { [wrong]: 1 }));
    expectMisuse(error, VALUE, 'options');
    expect(error.message).toContain(`did you mean '${right}'?`);
  });

  test('an option that resembles none lists them all', () => {
    const error = refusing(() => map(file(), { zzzzzzzz: 1 } as MapOptions));
    expectMisuse(error, VALUE, 'options');
    expect(error.message).toMatch(/has no option 'zzzzzzzz'; it takes 'offset', 'length', 'access'/);
  });

  test.each([
    ['readonly', "access: 'read'"],
    ['private', "access: 'copy'"],
    ['shared', "access: 'write'"],
    ['signal', 'mapAsync() takes it'],
  ])("the word of others '%s' gets ours", (word, ours) => {
    const error = refusing(() => map(file(), { [word]: true }));
    expectMisuse(error, VALUE, 'options');
    expect(error.message).toContain(`has no option '${word}': ${ours}`);
  });

  test('mapAsync() and sealAsync() know their own two too', async () => {
    expect((await rejected(mapAsync(file(), { onprogress: 1 } as never))).message).toContain(
      "did you mean 'onProgress'?",
    );
    expect((await rejected(mapAsync(file(), { zzzzzzzz: 1 } as never))).message).toContain(
      "'backend', 'signal' or 'onProgress'",
    );
    using mapping = map(file());
    expect((await rejected(mapping.sealAsync({ onprogress: 1 } as never))).message).toContain(
      "did you mean 'onProgress'?",
    );
    for (const call of [
      (options: never) => mapAsync(file(), options),
      (options: never) => mapping.sealAsync(options),
    ]) {
      expectMisuse(await rejected(call({ signal: {} } as never)), TYPE, 'options.signal');
      expectMisuse(await rejected(call({ onProgress: 1 } as never)), TYPE, 'options.onProgress');
      expectMisuse(await rejected(call(1 as never)), TYPE, 'options');
    }
  });

  test.each([[null], [1], ['write'], [true], [[]], [() => 1]])('%p is no options object', (options) => {
    expectMisuse(
      refusing(() => map(file(), options as never)),
      TYPE,
      'options',
    );
  });

  test.each([
    [{ access: 'read', create: true }, VALUE, 'options.access'],
    [{ access: 'read', size: 1 }, VALUE, 'options.access'],
    [{ access: 'copy', size: 1 }, VALUE, 'options.access'],
    [{ access: 'read', sync: 'require' }, VALUE, 'options.access'],
    [{ access: 'copy', granularity: 'byte' }, VALUE, 'options.access'],
    [{ length: 100, reserve: 99 }, RANGE, 'options.reserve'],
    [{ reserve: LENGTH - 1 }, RANGE, 'options.reserve'],
    [{ length: LENGTH + 1 }, RANGE, 'options.length'],
    [{ offset: PAGE_SIZE, length: LENGTH }, RANGE, 'options.length'],
    [{ length: Number.MAX_SAFE_INTEGER }, RANGE, 'options.length'],
    [{ offset: 4 * PAGE_SIZE }, RANGE, 'options.offset'],
    [{ offset: 2 ** 32 }, RANGE, 'options.offset'],
    [{ offset: 2 ** 53 - PAGE_SIZE, length: 1 }, RANGE, 'options.offset'],
  ] as const)('%j together', (options, code, argument) => {
    expectMisuse(
      refusing(() => map(file(), options)),
      code,
      argument,
    );
  });

  test('undefined is the default, for each', () => {
    const keys = [
      'offset',
      'length',
      'access',
      'create',
      'mode',
      'size',
      'sync',
      'direct',
      'granularity',
      'populate',
      'lock',
      'advice',
      'reserve',
      'flags',
      'backend',
    ];
    using mapping = map(file(), Object.fromEntries(keys.map((key) => [key, undefined])));
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });
});

describe('the target', () => {
  test.each([[undefined], [null], [true], [{}], [[]], [Symbol('x')], [1n], [{ fd: '1' }], [() => 1]])(
    '%p is ERR_INVALID_ARG_TYPE',
    (target) => {
      expectMisuse(
        refusing(() => map(target as never)),
        TYPE,
        'target',
      );
      expectMisuse(
        refusing(() => probeSync(target as never)),
        TYPE,
        'target',
      );
    },
  );

  test.each([[''], ['a\0b'], [-2], [1.5], [NaN], [2 ** 31]])('%p is ERR_INVALID_ARG_VALUE', (target) => {
    expectMisuse(
      refusing(() => map(target)),
      VALUE,
      'target',
    );
  });

  test("a URL that is no file: URL gives Node's own error", () => {
    expect(refusing(() => map(new URL('http://localhost/x'))).code).toBe('ERR_INVALID_URL_SCHEME');
  });
});

type Call = (mapping: Mapping, value: never) => unknown;
const arguments_: readonly (readonly [call: string, argument: string, use: Call])[] = [
  ['view', 'offset', (m, v) => m.view(v, 1)],
  ['view', 'length', (m, v) => m.view(0, v)],
  ['arrayBuffer', 'offset', (m, v) => m.arrayBuffer(v, 1)],
  ['arrayBuffer', 'length', (m, v) => m.arrayBuffer(0, v)],
  ['persist', 'offset', (m, v) => m.persist(v, 1)],
  ['persist', 'length', (m, v) => m.persist(0, v)],
  ['flush', 'offset', (m, v) => m.flush(v, 1)],
  ['flush', 'length', (m, v) => m.flush(0, v)],
  ['write', 'offset', (m, v) => m.write(Buffer.from('x'), v)],
  ['fill', 'value', (m, v) => m.fill(v)],
  ['fill', 'offset', (m, v) => m.fill(0, v, 1)],
  ['fill', 'length', (m, v) => m.fill(0, 0, v)],
  ['persistWord', 'offset', (m, v) => m.persistWord(v, 1)],
  ['deepPersist', 'offset', (m, v) => m.deepPersist(v, 1)],
  ['deepPersist', 'length', (m, v) => m.deepPersist(0, v)],
  ['persistRanges', 'ranges[0][0]', (m, v) => m.persistRanges([[v, 1]])],
  ['persistRanges', 'ranges[0][1]', (m, v) => m.persistRanges([[0, v]])],
  ['persistRanges', 'count', (m, v) => m.persistRanges(new Float64Array(4), v)],
  ['advise', 'offset', (m, v) => m.advise('normal', v, 1)],
  ['advise', 'length', (m, v) => m.advise('normal', 0, v)],
  ['populate', 'offset', (m, v) => m.populate(v, 1)],
  ['populate', 'length', (m, v) => m.populate(0, v)],
  ['residency', 'offset', (m, v) => m.residency(v, 1)],
  ['residency', 'length', (m, v) => m.residency(0, v)],
  ['lock', 'offset', (m, v) => m.lock(v, 1)],
  ['lock', 'length', (m, v) => m.lock(0, v)],
  ['unlock', 'offset', (m, v) => m.unlock(v, 1)],
  ['unlock', 'length', (m, v) => m.unlock(0, v)],
  ['resize', 'length', (m, v) => m.resize(v)],
];

describeBackends('arguments of the methods', (backend) => {
  describe.each(arguments_)('%s(): %s', (_call, argument, use) => {
    test.each(badValues(notSizes))('%s is %s', (_shown, code, value) => {
      using mapping = map(file(), { backend });
      expectMisuse(
        refusing(() => use(mapping, value as never)),
        code,
        argument,
      );
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    });
  });

  test.each([[1n], ['1'], [Symbol('x')]])('an offset of %p alone, the length left to its default', (offset) => {
    using mapping = map(file(), { backend });
    for (const method of [
      'view',
      'arrayBuffer',
      'persist',
      'flush',
      'deepPersist',
      'populate',
      'residency',
      'lock',
      'unlock',
    ] as const) {
      expectMisuse(
        refusing(() => mapping[method](offset as never)),
        TYPE,
        'offset',
      );
    }
    expectMisuse(
      refusing(() => mapping.fill(0, offset as never)),
      TYPE,
      'offset',
    );
    expectMisuse(
      refusing(() => mapping.write(Buffer.from('x'), offset as never)),
      TYPE,
      'offset',
    );
  });

  test.each([...notSizes, LENGTH + 1, 2 ** 32, 2 ** 64, Number.MAX_SAFE_INTEGER])(
    'persistRanges() of a Float64Array with %d',
    (value) => {
      using mapping = map(file(), { backend });
      expectMisuse(
        refusing(() => mapping.persistRanges(Float64Array.of(0, 1, value, 1))),
        RANGE,
        'ranges[2]',
      );
      expectMisuse(
        refusing(() => mapping.persistRanges(Float64Array.of(0, 1, 0, value))),
        RANGE,
        'ranges[3]',
      );
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    },
  );

  test.each([[undefined], [null], [1], ['0,1'], [{}], [new Float32Array(2)], [new Map()]])(
    'persistRanges(%p): no list of ranges',
    (ranges) => {
      using mapping = map(file(), { backend });
      expectMisuse(
        refusing(() => mapping.persistRanges(ranges as never)),
        TYPE,
        'ranges',
      );
    },
  );

  test('persistRanges() of an odd number of elements, and of more pairs than there are', () => {
    using mapping = map(file(), { backend });
    expectMisuse(
      refusing(() => mapping.persistRanges(new Float64Array(3))),
      VALUE,
      'ranges',
    );
    expectMisuse(
      refusing(() => mapping.persistRanges(new Float64Array(4), 3)),
      RANGE,
      'count',
    );
  });

  test('a length of 0 is nothing and no error, at both ends', async () => {
    using mapping = map(file(), { backend });
    for (const offset of [0, LENGTH]) {
      mapping.persist(offset, 0);
      mapping.flush(offset, 0);
      mapping.deepPersist(offset, 0);
      mapping.persistRanges([[offset, 0]]);
      mapping.write(Buffer.alloc(0), offset);
      mapping.fill(0, offset, 0);
      await mapping.persistAsync(offset, 0);
    }
    mapping.persistRanges([]);
    mapping.persistRanges(new Float64Array(0));
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });

  test.each([[256], [1000]])('fill(%d): no byte', (value) => {
    using mapping = map(file(), { backend });
    expectMisuse(
      refusing(() => mapping.fill(value)),
      RANGE,
      'value',
    );
  });

  test.each([[undefined], [null], ['text'], [[1, 2]], [new ArrayBuffer(1)], [{}]])(
    'write(%p): no view of bytes',
    (source) => {
      using mapping = map(file(), { backend });
      expectMisuse(
        refusing(() => mapping.write(source as never, 0)),
        TYPE,
        'source',
      );
    },
  );

  test('write() of a view of a closed mapping', () => {
    const closed = map(file(), { backend });
    const source = closed.buffer;
    closed.close();
    using mapping = map(file(), { backend });
    const error = refusing(() => mapping.write(source, 0));
    expectMisuse(error, TYPE, 'source');
    expect(error.message).toContain('detached');
  });

  test('past the end without a length: the error names the offset, the only argument that was given', async () => {
    using mapping = map(file(), { backend });
    for (const method of [
      'view',
      'arrayBuffer',
      'persist',
      'flush',
      'deepPersist',
      'populate',
      'residency',
      'lock',
      'unlock',
    ] as const) {
      const error = refusing(() => mapping[method](LENGTH + 808));
      expectMisuse(error, RANGE, 'offset');
      expect(error.message).toContain(`It must be <= ${LENGTH}, the length of the mapping. Received ${LENGTH + 808}`);
    }
    for (const call of [() => mapping.fill(0, LENGTH + 1), () => mapping.advise('normal', LENGTH + 1)])
      expectMisuse(refusing(call), RANGE, 'offset');
    for (const call of [mapping.persistAsync(LENGTH + 1), mapping.prefetch(LENGTH + 1)])
      expectMisuse(await rejected(call), RANGE, 'offset');
    // No byte is left there, and these methods never return an empty result.
    for (const method of ['view', 'arrayBuffer'] as const) {
      const error = refusing(() => mapping[method](LENGTH));
      expectMisuse(error, RANGE, 'offset');
      expect(error.message).toContain(`It must be < ${LENGTH}`);
    }
  });

  test('write() past the end names the wrong argument: the offset, or the length of the source', () => {
    using mapping = map(file(), { backend });
    const late = refusing(() => mapping.write(Buffer.alloc(16), LENGTH - 15));
    expectMisuse(late, RANGE, 'offset');
    expect(late.message).toContain(`It must be <= ${LENGTH - 16}, so that the 16 bytes of source end within`);
    expectMisuse(
      refusing(() => mapping.write(Buffer.alloc(16), 2 ** 40)),
      RANGE,
      'offset',
    );
    expectMisuse(
      refusing(() => mapping.write(Buffer.alloc(LENGTH + 1), 0)),
      RANGE,
      'source.byteLength',
    );
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });

  test('a view that has lost its memory is no source of bytes or ranges, whatever became of its buffer', () => {
    using mapping = map(file(), { backend });
    const resizable = new (
      ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer & { resize(length: number): void }
    )(64, { maxByteLength: 64 });
    const detached = new ArrayBuffer(64);
    for (const buffer of [resizable, detached]) {
      const views = [
        new Uint8Array(buffer, 32, 16),
        new Uint16Array(buffer, 32, 4),
        new DataView(buffer, 32, 16),
        Buffer.from(buffer, 32, 16),
      ];
      const ranges = new Float64Array(buffer, 32, 2);
      if (buffer === resizable) resizable.resize(16);
      else structuredClone(detached, { transfer: [detached] });
      for (const view of views) {
        for (const offset of [0, LENGTH])
          expectMisuse(
            refusing(() => mapping.write(view, offset)),
            TYPE,
            'source',
          );
      }
      expectMisuse(
        refusing(() => mapping.persistRanges(ranges)),
        TYPE,
        'ranges',
      );
    }
    mapping.write(new Uint8Array(resizable, 0, 0), 0); // empty, and there
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });

  test('for arguments of every kind each error has a code', () => {
    using mapping = map(file(), { backend });
    const odd = [
      new Proxy(new Uint8Array(8), {}),
      new Proxy(new Float64Array(2), {}),
      Object.assign(Object.create(null) as object, { constructor: { name: Symbol('x') } }),
      Object.defineProperty({}, 'constructor', {
        get: () => {
          throw new Error('no');
        },
      }),
      Object.defineProperty(() => 1, 'name', { value: Symbol('x') }),
      Object.defineProperty(() => 1, 'name', {
        get: () => {
          throw new Error('no');
        },
      }),
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
          has: () => {
            throw new Error('no');
          },
        },
      ),
      'x'.repeat(1 << 20),
    ];
    const calls = [
      (value: never) => mapping.write(value, 0),
      (value: never) => mapping.write(Buffer.from('x'), value),
      (value: never) => mapping.persistRanges(value),
      (value: never) => mapping.view(value),
      (value: never) => mapping.advise(value),
      (value: never) => map(file(), { length: value }),
      (value: never) => map(file(), { access: value }),
      (value: never) => anonymous(value),
    ];
    for (const call of calls) {
      for (const value of odd) {
        const error = refusing(() => call(value as never));
        expect(error.code).toMatch(/^ERR_(INVALID_ARG_TYPE|INVALID_ARG_VALUE|OUT_OF_RANGE)$/);
        expect(error.message.length).toBeLessThan(2000);
      }
    }
    expectMisuse(
      refusing(() => mapping.persistRanges(new Array(2 ** 32 - 1) as never)),
      RANGE,
      'ranges.length',
    );
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });

  test('a misspelled or wrong option of a method', async () => {
    using mapping = map(file(), { backend });
    const dran = refusing(() => mapping.write(Buffer.from('x'), 0, { dran: false } as never));
    expectMisuse(dran, VALUE, 'options');
    expect(dran.message).toContain("did you mean 'drain'?");
    for (const call of [
      (options: never) => mapping.persistAsync(0, 1, options),
      (options: never) => mapping.prefetch(0, 1, options),
    ]) {
      expectMisuse(await rejected(call({ sginal: undefined } as never)), VALUE, 'options');
      expectMisuse(await rejected(call({ signal: {} } as never)), TYPE, 'options.signal');
      expectMisuse(await rejected(call(1 as never)), TYPE, 'options');
    }
    expectMisuse(await rejected(mapping.persistAsync(-1)), RANGE, 'offset');
    expectMisuse(await rejected(mapping.prefetch(0, LENGTH + 1)), RANGE, 'length');
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });

  test('write(): drain is a boolean', () => {
    using mapping = map(file(), { backend });
    expectMisuse(
      refusing(() => mapping.write(Buffer.from('x'), 0, { drain: 'no' } as never)),
      TYPE,
      'options.drain',
    );
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });

  test('prefetch(): write is a boolean', async () => {
    using mapping = map(file(), { backend });
    expectMisuse(await rejected(mapping.prefetch(0, 1, { write: 1 } as never)), TYPE, 'options.write');
  });

  test('advise() takes known words', () => {
    using mapping = map(file(), { backend });
    expectMisuse(
      refusing(() => mapping.advise(0 as never)),
      TYPE,
      'advice',
    );
    expectMisuse(
      refusing(() => mapping.advise('free' as never)),
      VALUE,
      'advice',
    );
  });
});

describe('the other entry points', () => {
  const { PROT_READ, MAP_SHARED, MAP_PRIVATE, MAP_ANONYMOUS, MAP_FIXED } = constants;

  test.each(badValues([...notSizes, 0]))('a length of %s: mmap() and anonymous() say %s', (_shown, code, value) => {
    expectMisuse(
      refusing(() => mmap(value as never, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1)),
      code,
      'length',
    );
    expectMisuse(
      refusing(() => anonymous(value as never)),
      code,
      'length',
    );
  });

  test('mmap(): prot, flags, fd and offset', () => {
    const call = (prot: unknown, flags: unknown, fd: unknown, offset?: unknown) => () =>
      mmap(1, prot as number, flags as number, fd as number, offset as number);
    expectMisuse(refusing(call('1', MAP_PRIVATE | MAP_ANONYMOUS, -1)), TYPE, 'prot');
    expectMisuse(refusing(call(-1, MAP_PRIVATE | MAP_ANONYMOUS, -1)), RANGE, 'prot');
    expectMisuse(refusing(call(PROT_READ, null, -1)), TYPE, 'flags');
    expectMisuse(refusing(call(PROT_READ, 0.5, -1)), RANGE, 'flags');
    expectMisuse(refusing(call(PROT_READ, MAP_PRIVATE | MAP_FIXED, -1)), VALUE, 'flags');
    expectMisuse(refusing(call(PROT_READ, MAP_SHARED, '3')), TYPE, 'fd');
    expectMisuse(refusing(call(PROT_READ, MAP_SHARED, 3, -1)), RANGE, 'offset');
    expectMisuse(refusing(call(PROT_READ, MAP_SHARED, 3, '0')), TYPE, 'offset');
    expectSystemError(refusing(call(PROT_READ, MAP_SHARED, 3, 1)), 'EINVAL', 'mmap');
    expectSystemError(refusing(call(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 3)), 'EINVAL', 'mmap');
    const withoutFile = refusing(call(PROT_READ, MAP_SHARED, -1));
    expectSystemError(withoutFile, 'EBADF', 'mmap');
    expect(withoutFile.message).toContain('MAP_ANONYMOUS');
    for (const fd of [-1, 3]) {
      const typeless = refusing(call(PROT_READ, 0, fd));
      expectSystemError(typeless, 'EINVAL', 'mmap');
      expect(typeless.message).toContain('one of MAP_SHARED, MAP_SHARED_VALIDATE and MAP_PRIVATE');
    }
  });

  test('memory of mmap() without views, or without pages to bring in: the error says which memory has them', async () => {
    const anonymousWith = (prot: number): Mapping => mmap(PAGE_SIZE, prot, MAP_SHARED | MAP_ANONYMOUS, -1);
    using writeOnly = anonymousWith(constants.PROT_WRITE);
    const error = thrown(() => writeOnly.view());
    expectSystemError(error, 'EACCES', 'view');
    expect(error.message).toContain('PROT_READ | PROT_WRITE');
    using none = anonymousWith(constants.PROT_NONE);
    for (const refused of [thrown(() => none.populate()), await rejected(none.prefetch())]) {
      expectSystemError(refused, 'EINVAL', 'madvise');
      expect(refused.message).toContain('without PROT_READ');
    }
  });

  test('anonymous(): name and seals', () => {
    expectMisuse(
      refusing(() => anonymous(1, { name: 1 as never })),
      TYPE,
      'options.name',
    );
    expectMisuse(
      refusing(() => anonymous(1, { name: 'a\0b' })),
      VALUE,
      'options.name',
    );
    expectMisuse(
      refusing(() => anonymous(1, { name: 'x'.repeat(250) })),
      VALUE,
      'options.name',
    );
    expectMisuse(
      refusing(() => anonymous(1, { seals: '1' as never })),
      TYPE,
      'options.seals',
    );
    expectMisuse(
      refusing(() => anonymous(1, { seals: 1 << 20 })),
      VALUE,
      'options.seals',
    );
    expectMisuse(
      refusing(() => anonymous(1, { nmae: 'x' } as never)),
      VALUE,
      'options',
    );
    expectSystemError(
      refusing(() => anonymous(1, { seals: constants.F_SEAL_WRITE })),
      'EPERM',
      'mmap',
    );
  });

  test('attach(): options', () => {
    using mapping = map(file());
    const handle = mapping.share();
    expectMisuse(
      refusing(() => attach(handle, { fd: '3' as never })),
      TYPE,
      'options.fd',
    );
    expectMisuse(
      refusing(() => attach(handle, { df: 3 } as never)),
      VALUE,
      'options',
    );
  });
});

/** The error of map() for a user without special rights. */
function asNobody(backend: string, path: string, options: MapOptions): Thrown {
  const index = require.resolve('../../lib/index.js');
  // root may do anything: nobody (65534) may not. The child itself gives root up, after loading everything: nobody may
  // be unable to read this checkout or this node.
  const script = `
    const { map } = require(${JSON.stringify(index)});
    map(${JSON.stringify(index)}, ${JSON.stringify({ backend, access: 'read' })}).close();
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
    try { map(${JSON.stringify(path)}, ${JSON.stringify({ backend, ...options })}); }
    catch ({ code, errno, syscall, path, message }) { console.log(JSON.stringify({ code, errno, syscall, path, message })); }`;
  const child = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect(child.stderr).toBe('');
  return JSON.parse(child.stdout) as Thrown;
}

describeBackends('calls that the system refuses', (backend) => {
  test.each(['read', 'write', 'copy'] as const)("access '%s': a missing file is ENOENT", (access) => {
    const path = join(scratch.dir, 'missing');
    const error = refusing(() => map(path, { backend, access }));
    expectSystemError(error, 'ENOENT', 'open', path);
    expect(error.message.includes('create: true')).toBe(access === 'write');
  });

  test.each([{}, { create: true, size: 1 }])('in a missing directory: ENOENT that names it: %j', (options) => {
    const path = join(scratch.dir, 'missing', 'file');
    const error = refusing(() => map(path, { backend, ...options }));
    expectSystemError(error, 'ENOENT', 'open', path);
    expect(error.message).toContain(`'${join(scratch.dir, 'missing')}'`);
    expect(error.message).not.toContain('create');
  });

  test('a look at a missing file does not ask to make it', () => {
    const path = join(scratch.dir, 'missing');
    for (const look of [() => extents(path), () => seals.isSealed(path)])
      expect(refusing(look).message).not.toContain('create');
  });

  test('create without size is EINVAL, and makes nothing', () => {
    const path = join(scratch.dir, 'missing');
    const error = refusing(() => map(path, { backend, create: true }));
    expectSystemError(error, 'EINVAL', 'mmap', path);
    expect(error.message).toContain('create needs a size');
    expect(error.message).not.toContain('is empty;');
  });

  test('the text of a file: URL is a missing path: the error of every function asks for a URL', () => {
    const path = `file://${join(scratch.dir, 'missing')}`;
    const looks = [
      () => map(path, { backend }),
      () => map(path, { backend, create: true, size: 1 }),
      () => extents(path),
      () => seals.isSealed(path),
    ];
    for (const look of looks) expect(refusing(look).message).toContain('new URL(');
  });

  // The emulation can read it.
  const made = backend === 'native' ? [{}, { size: 4096 }] : [];
  for (const options of made) {
    test(`a file of procfs: ENODEV, and no advice to give it a size: ${JSON.stringify(options)}`, () => {
      const error = refusing(() => map('/proc/self/comm', { backend, ...options }));
      expectSystemError(error, 'ENODEV', 'mmap', '/proc/self/comm');
      expect(error.message).toContain('procfs');
    });
  }

  test('an empty file is EINVAL', () => {
    const path = scratch.file(0);
    for (const [access, advice] of [
      ['write', 'give it a size'],
      ['read', 'no bytes'],
      ['copy', 'no bytes'],
    ] as const) {
      const error = refusing(() => map(path, { backend, access }));
      expectSystemError(error, 'EINVAL', 'mmap', path);
      expect(error.message).toContain(advice);
      expect(error.message.includes('size')).toBe(access === 'write');
    }
  });

  test('a length past the end speaks of size only where size may be given', () => {
    for (const access of ['read', 'write', 'copy'] as const) {
      expect(
        refusing(() => map(file(), { backend, access, length: LENGTH + 1 })).message.includes('size makes it longer'),
      ).toBe(access === 'write');
    }
  });

  test.each([1, PAGE_SIZE - 1, PAGE_SIZE + 1])(
    'an offset of %d is EINVAL, and the error names the right offsets',
    (offset) => {
      const error = refusing(() => map(file(), { backend, offset }));
      expectSystemError(error, 'EINVAL', 'mmap', file());
      expect(error.message).toContain(`map from ${offset - (offset % PAGE_SIZE)} and take view(${offset % PAGE_SIZE}`);
    },
  );

  test.each([
    ['offset', { offset: 4 * PAGE_SIZE }],
    ['length', { length: LENGTH + 1 }],
    ['length', { offset: PAGE_SIZE, length: LENGTH - PAGE_SIZE + 1 }],
  ] as const)('past the end of the file: %s', (argument, options) => {
    const error = refusing(() => map(file(), { backend, ...options }));
    expectMisuse(error, RANGE, `options.${argument}`);
    expect(error.message).toContain(file());
  });

  test.each(['read', 'write'] as const)("a directory, access '%s', is EISDIR", (access) => {
    const path = scratch.path('directory');
    mkdirSync(path);
    expectSystemError(
      refusing(() => map(path, { backend, access })),
      'EISDIR',
      'open',
      path,
    );
  });

  test('a descriptor of a directory is EISDIR', () => {
    const fd = openSync(scratch.dir, 'r');
    try {
      expectSystemError(
        refusing(() => map(fd, { backend, access: 'read' })),
        'EISDIR',
        'open',
      );
    } finally {
      closeSync(fd);
    }
  });

  test('a closed descriptor is EBADF', () => {
    const fd = openSync(file(), 'r+');
    closeSync(fd);
    expectSystemError(
      refusing(() => map(fd, { backend })),
      'EBADF',
      'fcntl',
    );
    expectSystemError(
      refusing(() => map(-1, { backend })),
      'EBADF',
      'fcntl',
    );
  });

  test('a closed FileHandle is EBADF', async () => {
    const handle = await open(file(), 'r+');
    await handle.close();
    expectSystemError(
      refusing(() => map(handle, { backend })),
      'EBADF',
      'fcntl',
    );
  });

  test('a device that cannot be mapped so is ENODEV', () => {
    expectSystemError(
      refusing(() => map('/dev/null', { backend })),
      'ENODEV',
      'mmap',
      '/dev/null',
    );
  });

  test('a part of the path that is no directory is ENOTDIR', () => {
    const path = join(file(), 'below');
    expectSystemError(
      refusing(() => map(path, { backend })),
      'ENOTDIR',
      'open',
      path,
    );
  });

  test('a descriptor for writing only is EACCES', () => {
    const fd = openSync(file(), 'a');
    try {
      for (const access of ['read', 'write', 'copy'] as const)
        expectSystemError(
          refusing(() => map(fd, { backend, access })),
          'EACCES',
          'mmap',
        );
    } finally {
      closeSync(fd);
    }
  });

  test('a file in a directory without write permission or without search permission: EACCES names the directory', () => {
    const closed = scratch.path(`closed-${backend}`);
    mkdirSync(join(closed, 'below'), { recursive: true });
    chmodSync(scratch.dir, 0o755);
    const asks = [
      {
        directory: closed,
        mode: 0o555,
        path: join(closed, 'new'),
        words: `no permission to make one in the directory '${closed}'`,
      },
      {
        directory: join(closed, 'below'),
        mode: 0o600,
        path: join(closed, 'below', 'new'),
        words: `no permission to search the directory '${join(closed, 'below')}'`,
      },
    ];
    for (const { directory, mode, path, words } of asks) {
      chmodSync(directory, mode);
      const error = asNobody(backend, path, { create: true, size: 1 });
      chmodSync(directory, 0o755);
      expectSystemError(error, 'EACCES', 'open', path);
      expect(error.message).toContain(words);
      expect(existsSync(path)).toBe(false);
    }
  });

  test.each([
    ['write', 0o444],
    ['read', 0o200],
    ['copy', 0o000],
  ] as const)("access '%s' without the permission (mode %p) is EACCES", (access, mode) => {
    const path = scratch.file(LENGTH);
    chmodSync(scratch.dir, 0o755);
    chmodSync(path, mode);
    expectSystemError(asNobody(backend, path, { access }), 'EACCES', 'open', path);
    chmodSync(path, 0o600);
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
  });
});

native.describe('a private mapping that grows within its reserve', () => {
  test('where an older view is in the way, the error says so', () => {
    using mapping = map(file(), { access: 'read', reserve: 2 ** 30 });
    const view = mapping.view();
    mapping.resize(PAGE_SIZE);
    const error = thrown(() => mapping.resize(LENGTH));
    expectSystemError(error, 'EOPNOTSUPP', 'mmap', file());
    expect(error.message).toContain('a view from before');
    expect(error.message).not.toContain('leaves room');
    expect(view.length).toBe(0);
    using small = map(file(), { access: 'read', length: PAGE_SIZE });
    expect(thrown(() => small.resize(LENGTH)).message).toContain('leaves room');
  });
});

test('after all of it not a byte of the one file was changed', () => {
  expect(misplaced(readFileSync(file()), 0)).toBeUndefined();
});
