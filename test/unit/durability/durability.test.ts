import type { Region } from '../../../lib/backend/region.js';
import { describe, expect, jest, test } from '@jest/globals';
import type { Backend } from '../../../lib/backend/backend.js';
import { constants } from '../../../lib/core/constants.js';
import type { durabilityOf as DurabilityOf, Durability } from '../../../lib/durability/durability.js';
import { granularities, missingFor, type Granularity } from '../../../lib/core/granularity.js';
import type { PowerFailDomain } from '../../../lib/storage/persistent-memory.js';
import { expectMisuse, expectSystemError, thrown } from '../../support/errors.js';

const { MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SYNC, PROT_NONE, PROT_READ, PROT_WRITE } = constants;
const FORCE = 'MAPDIRECT_FORCE_GRANULARITY';
const EOPNOTSUPP = -95;
const EINVAL = -22;
const EXT4 = 0xef53;
const TMPFS = 0x01021994;
const NFS = 0x6969;
const SYNCED = MAP_SHARED_VALIDATE | MAP_SYNC;

/** As in a process that starts with this in its environment: nothing is known yet. */
function fresh(forced?: string): typeof DurabilityOf {
  const before = process.env[FORCE];
  if (forced === undefined) delete process.env[FORCE];
  else process.env[FORCE] = forced;
  try {
    let loaded: { durabilityOf: typeof DurabilityOf } | undefined;
    jest.isolateModules(() => {
      loaded = require('../../../lib/durability/durability.js') as { durabilityOf: typeof DurabilityOf };
      // The environment is read once: now.
      (require('../../../lib/core/granularity.js') as { forcedGranularity: () => unknown }).forcedGranularity();
    });
    return (loaded as { durabilityOf: typeof DurabilityOf }).durabilityOf;
  } finally {
    if (before === undefined) delete process.env[FORCE];
    else process.env[FORCE] = before;
  }
}

interface File {
  readonly fileSystem?: number;
  readonly domain?: PowerFailDomain;
  readonly device?: boolean;
  readonly dax?: boolean | undefined;
}

/** As much of a region as the decision looks at; without a `syncErrno` MAP_SYNC was not asked for. */
function region(flags: number, file?: File, syncErrno?: number, prot = PROT_READ | PROT_WRITE): Region {
  const { fileSystem = EXT4, domain = 'unknown', device = false, dax } = file ?? {};
  const backing = {
    fileSystem,
    powerFailDomain: domain,
    device: device ? { align: 2 ** 21, size: 2 ** 30 } : undefined,
    dax,
  };
  return { prot, flags, syncErrno, file: file === undefined ? undefined : backing } as unknown as Region;
}

function backend(kind: 'native' | 'emulated' = 'native', reasons: readonly string[] = []): Backend {
  return { kind, reasons, method: (granularity: Granularity) => `method of ${granularity}` } as unknown as Backend;
}

function decided(given: Region, forced?: string): Durability {
  return fresh(forced)(given, backend());
}

describe('with MAP_SYNC', () => {
  test("'byte' where the platform flushes the CPU caches: nothing is missing", () => {
    expect(decided(region(SYNCED, { domain: 'cpu-cache' }))).toEqual({
      granularity: 'byte',
      mapSync: true,
      method: 'method of byte',
      backend: 'native',
      forced: false,
      domain: 'cpu-cache',
      reasons: [],
    });
  });

  test("'cache-line' where it flushes the memory controller only: no eADR is the reason", () => {
    const durability = decided(region(SYNCED, { domain: 'memory-controller' }));
    expect(durability).toMatchObject({
      granularity: 'cache-line',
      mapSync: true,
      method: 'method of cache-line',
      domain: 'memory-controller',
      forced: false,
    });
    expect(durability.reasons).toEqual([expect.stringMatching(/no eADR.*'byte' is not to be had/)]);
  });

  test("'cache-line' where it does not say, and where to look is the reason", () => {
    const durability = decided(region(SYNCED, { domain: 'unknown' }));
    expect(durability).toMatchObject({
      granularity: 'cache-line',
      mapSync: true,
      method: 'method of cache-line',
      domain: 'unknown',
    });
    expect(durability.reasons).toEqual([expect.stringContaining('persistence_domain')]);
  });
});

describe('a device-dax', () => {
  test.each([
    ['cpu-cache', 'byte'],
    ['memory-controller', 'cache-line'],
    ['unknown', 'cache-line'],
  ] as const)("with a platform that flushes '%s' is '%s' without MAP_SYNC", (domain, granularity) => {
    expect(decided(region(MAP_SHARED, { device: true, domain }))).toMatchObject({
      granularity,
      mapSync: false,
      method: `method of ${granularity}`,
      domain,
    });
  });

  test("forced to 'page' is refused: it has no msync", () => {
    const error = thrown(() => decided(region(MAP_SHARED, { device: true, domain: 'cpu-cache' }), 'page'));
    expectSystemError(error, 'EOPNOTSUPP', 'mmap');
    expect(error.message).toContain(FORCE);
  });
});

describe('without MAP_SYNC', () => {
  test.each([
    ['ext4', EXT4, 'storage', [/sync: 'off'/]],
    ['tmpfs', TMPFS, 'volatile', [/sync: 'off'/, /^tmpfs is volatile/]],
    ['nfs', NFS, 'unknown', [/sync: 'off'/, /^nfs does not tell/]],
  ] as const)("on %s it is 'page' by msync, and bytes are in '%s'", (_name, fileSystem, domain, reasons) => {
    const durability = decided(region(MAP_SHARED, { fileSystem, domain: 'cpu-cache' }));
    expect(durability).toMatchObject({
      granularity: 'page',
      mapSync: false,
      method: 'method of page',
      domain,
      forced: false,
    });
    expect(durability.reasons).toEqual(reasons.map((reason) => expect.stringMatching(reason)));
  });

  test('memory without a file is volatile, and says so', () => {
    const durability = decided(region(MAP_SHARED));
    expect(durability).toMatchObject({ granularity: 'page', domain: 'volatile' });
    expect(durability.reasons).toEqual([expect.stringContaining('volatile')]);
  });

  test.each([
    ['no DAX', EOPNOTSUPP, false, /^MAP_SYNC was refused: ext4 has no DAX.*\.$/],
    ['on DAX all the same', EOPNOTSUPP, true, /^MAP_SYNC was refused although.*virtio-pmem.*\.$/],
    ['an old kernel', EINVAL, undefined, /^MAP_SYNC: this kernel.*4\.15 does\.$/],
  ])('a refusal of MAP_SYNC (%s) is the first reason', (_name, syncErrno, dax, reason) => {
    expect(decided(region(MAP_SHARED, { fileSystem: EXT4, dax }, syncErrno)).reasons[0]).toMatch(reason);
  });

  test('of a file for which it was not asked, that is the reason; with MAP_SYNC never', () => {
    expect(decided(region(MAP_SHARED, { fileSystem: EXT4 })).reasons).toEqual([expect.stringContaining("sync: 'off'")]);
    expect(decided(region(SYNCED, { domain: 'cpu-cache' }, 0)).reasons).toEqual([]);
  });
});

describe('a private mapping', () => {
  test.each([[undefined], ['byte'], ['cache-line'], ['page']])(
    'has nothing to persist, whatever is forced: %p',
    (forced) => {
      const durability = decided(region(MAP_PRIVATE, { domain: 'cpu-cache' }), forced);
      expect(durability).toMatchObject({
        granularity: 'page',
        mapSync: false,
        method: 'none',
        forced: false,
        domain: 'volatile',
      });
      expect(durability.reasons).toEqual([expect.stringContaining('never reach the file')]);
    },
  );
});

describe('forced', () => {
  const places: readonly (readonly [name: string, there: Granularity, region: Region])[] = [
    ['eADR', 'byte', region(SYNCED, { domain: 'cpu-cache' })],
    ['ADR', 'cache-line', region(SYNCED, { domain: 'memory-controller' })],
    ['a disk', 'page', region(MAP_SHARED, { fileSystem: EXT4 }, EOPNOTSUPP)],
    ['tmpfs', 'page', region(MAP_SHARED, { fileSystem: TMPFS })],
  ];

  describe.each(places)('on %s, where it is %s', (_name, there, given) => {
    test.each(granularities)(
      "to '%s': the result says that it is forced, and its first reason names the real granularity",
      (forced) => {
        const real = decided(given);
        const durability = decided(given, forced);
        expect(real.granularity).toBe(there);
        expect(durability).toMatchObject({ granularity: forced, method: `method of ${forced}`, forced: true });
        expect(durability.reasons[0]).toContain(`${FORCE}=${forced}`);
        expect(durability.reasons[0]).toContain(`'${there}'`);
        expect(durability.reasons.slice(1)).toEqual(real.reasons);
        // Nothing else looks better than it is. A flush that is finer than the memory allows is safe nowhere.
        const domain = missingFor(forced, there) === undefined ? real.domain : 'volatile';
        expect({ mapSync: durability.mapSync, domain: durability.domain }).toEqual({ mapSync: real.mapSync, domain });
      },
    );
  });

  test('to a word that is none is refused', () => {
    expectMisuse(
      thrown(() => fresh('line')),
      'ERR_INVALID_ARG_VALUE',
      FORCE,
    );
  });
});

test.each([MAP_SHARED, SYNCED])(
  'nothing is persisted where nothing can be stored or read: PROT_NONE, flags %d',
  (flags) => {
    for (const forced of [undefined, 'byte', 'cache-line']) {
      expect(fresh(forced)(region(flags, { domain: 'cpu-cache' }, 0, PROT_NONE), backend())).toMatchObject({
        granularity: 'page',
        method: 'none',
        forced: false,
      });
    }
  },
);

describe('the emulation', () => {
  const why = 'There is no binary.';

  test('says first why it is the emulation', () => {
    expect(fresh()(region(MAP_SHARED, { fileSystem: TMPFS }, 0), backend('emulated', [why]))).toMatchObject({
      backend: 'emulated',
      reasons: [why, expect.stringContaining('volatile')],
    });
    expect(fresh()(region(MAP_PRIVATE, {}), backend('emulated', [why])).reasons[0]).toBe(why);
  });

  test('forced says that before all else', () => {
    const { reasons } = fresh('byte')(region(MAP_SHARED, { fileSystem: EXT4 }, 0), backend('emulated', [why]));
    expect(reasons).toEqual([expect.stringContaining(FORCE), why]);
  });
});

describe('the decided durability', () => {
  test('is frozen, and one object for mappings that are alike', () => {
    const durabilityOf = fresh();
    const native = backend();
    const one = durabilityOf(region(MAP_SHARED, { fileSystem: EXT4 }), native);
    expect(Object.isFrozen(one)).toBe(true);
    expect(Object.isFrozen(one.reasons)).toBe(true);
    durabilityOf(region(SYNCED, { domain: 'cpu-cache' }), native);
    durabilityOf(region(MAP_SHARED, { fileSystem: TMPFS }), native);
    expect(durabilityOf(region(MAP_SHARED, { fileSystem: EXT4 }), native)).toBe(one);
  });

  test('of one is never answered for another: all of them in any order, twice', () => {
    const durabilityOf = fresh();
    const backends = [backend(), backend('emulated', ['There is no binary.'])];
    const files: (File | undefined)[] = [
      undefined,
      ...[EXT4, TMPFS, NFS].flatMap((fileSystem) => [{ fileSystem }, { fileSystem, dax: true }]),
      ...(['cpu-cache', 'memory-controller', 'unknown'] as const).flatMap((domain) => [
        { domain },
        { domain, device: true },
      ]),
    ];
    const cases = backends.flatMap((from) =>
      files.flatMap((file) =>
        [MAP_SHARED, MAP_PRIVATE, SYNCED].flatMap((flags) =>
          [undefined, 0, EOPNOTSUPP, EINVAL].flatMap((syncErrno) =>
            [PROT_NONE, PROT_READ].map((prot) => ({ from, given: region(flags, file, syncErrno, prot) })),
          ),
        ),
      ),
    );
    const alone = cases.map(({ from, given }) => fresh()(given, from));
    for (const order of [cases.keys(), [...cases.keys()].reverse()]) {
      for (const i of order)
        expect(durabilityOf(cases[i]?.given as Region, cases[i]?.from as Backend)).toEqual(alone[i]);
    }
  });
});
