// A domain and its registrations over a device in TypeScript: which memory is pinned, and what is refused.
import { afterEach, describe, expect, test } from '@jest/globals';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { errno } from '../../../lib/core/errors.js';
import {
  anonymous,
  map,
  stats,
  type Mapping,
  type RegisterOptions,
  type RegistrationDomain,
} from '../../../lib/index.js';
import type { Granularity } from '../../../lib/core/granularity.js';
import { decodeDescriptor } from '../../../lib/rdma/descriptor.js';
import type { DeviceFacts } from '../../../lib/rdma/device-facts.js';
import { parseEndpointOptions } from '../../../lib/rdma/endpoint-options.js';
import { RemoteMemory, VerbsDomain } from '../../../lib/rdma/index.js';
import type { OpenDomain } from '../../../lib/rdma/open-domain.js';
import { VerbsProvider } from '../../../lib/rdma/verbs-provider.js';
import { PROVIDER } from '../../../lib/registration/provider.js';
import { endRegistrationsOf } from '../../../lib/registration/records.js';
import { fileSystemOf } from '../../../lib/storage/file-systems.js';
import { native } from '../../support/backends.js';
import { expectMisuse, expectSystemError, thrown, type Thrown } from '../../support/errors.js';
import { domainOption, fakeDomain, FakeDevice } from '../../support/fake-verbs.js';
import { Scratch } from '../../support/scratch.js';
import { skipUnless } from '../../support/skip.js';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const VALUE = 'ERR_INVALID_ARG_VALUE';
const RANGE = 'ERR_OUT_OF_RANGE';
const SIZE = 65536;
const ON_DEMAND = 64;

const scratch = new Scratch();
const opened: Mapping[] = [];

interface Bench {
  readonly device: FakeDevice;
  readonly domain: OpenDomain;
  readonly option: RegistrationDomain;
}

function bench(facts?: Partial<DeviceFacts>): Bench {
  const device = new FakeDevice();
  const domain = fakeDomain(device, facts);
  return { device, domain, option: domainOption(domain) };
}

function opening(mapping: Mapping): Mapping {
  opened.push(mapping);
  return mapping;
}

afterEach(() => {
  for (const mapping of opened.splice(0)) mapping.close();
});

/** The error of register(), which leaves no seal and no registration. */
function refusal(mapping: Mapping, options: RegisterOptions): Thrown {
  const before = stats();
  const error = thrown(() => mapping.register(options));
  expect(stats()).toEqual(before);
  expect(mapping.seals).toEqual([]);
  return error;
}

describe('the options of an endpoint', () => {
  test.each([
    [5, TYPE, 'options'],
    [null, TYPE, 'options'],
    [{ deep: 4 }, VALUE, 'options'],
    [{ depth: '4' }, TYPE, 'options.depth'],
    [{ depth: 0 }, RANGE, 'options.depth'],
    [{ depth: 65 }, RANGE, 'options.depth'],
    [{ depth: 1.5 }, RANGE, 'options.depth'],
    [{ busyPoll: '50' }, TYPE, 'options.busyPoll'],
    [{ busyPoll: -1 }, RANGE, 'options.busyPoll'],
    [{ busyPoll: 0.5 }, RANGE, 'options.busyPoll'],
    [{ busyPoll: 1_000_001 }, RANGE, 'options.busyPoll'],
    [{ timeout: null }, TYPE, 'options.timeout'],
    [{ timeout: 0 }, RANGE, 'options.timeout'],
    [{ timeout: NaN }, RANGE, 'options.timeout'],
    [{ timeout: 3_600_001 }, RANGE, 'options.timeout'],
    [{ accept: 'remote-read' }, TYPE, 'options.accept'],
    [{ accept: ['local-write'] }, VALUE, 'options.accept[0]'],
    [{ accept: ['remote-read', 1] }, TYPE, 'options.accept[1]'],
  ])('%j is %s', (options, code, argument) => {
    expectMisuse(
      thrown(() => parseEndpointOptions(options, 64)),
      code,
      argument,
    );
  });

  test('a small device has a smaller depth, and the peer may do nothing', () => {
    expect(parseEndpointOptions(undefined, 16)).toEqual({ depth: 16, timeout: 2000, busyPoll: 50, accept: [] });
  });
});

describe('VerbsDomain.open()', () => {
  test.each([
    [5, TYPE, 'device'],
    [null, TYPE, 'device'],
    [{ name: 'rxe0' }, VALUE, 'device'],
    [{ device: 5 }, TYPE, 'device.device'],
    [{ port: '1' }, TYPE, 'device.port'],
    [{ port: 0 }, RANGE, 'device.port'],
    [{ port: 256 }, RANGE, 'device.port'],
    [{ gidIndex: -1 }, RANGE, 'device.gidIndex'],
    [{ gidIndex: 256 }, RANGE, 'device.gidIndex'],
  ])('%j is %s', (device, code, argument) => {
    expectMisuse(
      thrown(() => VerbsDomain.open(device as never)),
      code,
      argument,
    );
  });
});

describe.each([
  ['VerbsDomain', VerbsDomain, 'VerbsDomain.open()'],
  ['RemoteMemory', RemoteMemory, 'RemoteMemory.from(descriptor)'],
] as const)('new %s()', (_name, made, by) => {
  test.each([[[]], [[{}]], [[null, null]]])('with %j: ERR_ILLEGAL_CONSTRUCTOR', (given) => {
    const error = thrown(() => Reflect.construct(made, given));
    expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_ILLEGAL_CONSTRUCTOR' });
    expect(error.message).toContain(by);
  });
});

describe('RemoteMemory.from()', () => {
  test.each([[undefined], [null], ['MDRM'], [64], [[77, 68]], [new ArrayBuffer(64)], [new Uint16Array(32)]])(
    'of %p: ERR_INVALID_ARG_TYPE',
    (given) => {
      expectMisuse(
        thrown(() => RemoteMemory.from(given as never)),
        TYPE,
        'descriptor',
      );
    },
  );
});

native.describe('a registration with a device', () => {
  test('memory is pinned, with the bits of its rights', () => {
    const { device, option } = bench();
    using registration = opening(anonymous(SIZE)).register({ domain: option, access: ['remote-write'] });
    expect([registration.provider, registration.onDemand, device.registered]).toEqual(['verbs', false, [3]]);
    expect(decodeDescriptor(registration.descriptor())).toMatchObject({ key: 18, length: SIZE, persistence: 'none' });
  });

  test('a peer cannot flush memory that is volatile, and the reasons say so', () => {
    const { device, option } = bench();
    const access = ['remote-write', 'remote-flush'] as const;
    using registration = opening(anonymous(SIZE)).register({ domain: option, access });
    expect(device.registered).toEqual([3 | 256]);
    expect(registration.reasons.join()).toContain('mapping.persist()');
  });

  /** As for memory of this granularity. */
  function memoryOf(domain: OpenDomain, granularity: Granularity, forced: boolean): RegistrationDomain {
    const provider = new VerbsProvider(domain);
    return {
      [PROVIDER]: { name: 'verbs', register: (request) => provider.register({ ...request, granularity, forced }) },
    };
  }

  test.each<readonly [Granularity, boolean, 'flush' | 'none', RegExp]>([
    ['byte', false, 'flush', /^The pages are pinned/],
    ['cache-line', false, 'flush', /^The pages are pinned/],
    ['page', false, 'none', /not persistent memory/],
    ['byte', true, 'none', /MAPDIRECT_FORCE_GRANULARITY/],
  ])('a peer can persist() memory of granularity %s, forced %p: %s', (granularity, forced, persistence, reason) => {
    const { device, domain } = bench();
    const access = ['remote-flush'] as const;
    using registration = opening(anonymous(SIZE)).register({ domain: memoryOf(domain, granularity, forced), access });
    expect(decodeDescriptor(registration.descriptor()).persistence).toBe(persistence);
    expect(device.registered).toEqual([persistence === 'flush' ? 256 | 512 : 256]);
    expect(registration.reasons.at(-1)).toMatch(reason);
  });

  test('that is gone ends its registrations, and no others', () => {
    const [gone, other] = [bench(), bench()];
    const memory = opening(anonymous(SIZE));
    const lost = memory.register({ domain: gone.option });
    using stays = memory.register({ domain: other.option });
    const heard: string[] = [];
    for (const each of [lost, stays]) each.on('fenced', ({ reason }) => heard.push(reason));
    endRegistrationsOf(gone.domain);
    expect([heard, lost.valid, stays.valid]).toEqual([['device'], false, true]);
  });

  test.each<readonly [string, number, RegExp]>([
    ['ENOMEM', errno.ENOMEM, /RLIMIT_MEMLOCK is \d+ bytes, and this process has \d+ kB pinned.*ulimit -l/],
    ['EPERM', errno.EPERM, /RLIMIT_MEMLOCK/],
    ['EINVAL', errno.EINVAL, /access words/],
  ])('%s of the device: the errno, with the remedy', (code, result, remedy) => {
    const { device, option } = bench();
    const mapping = opening(map(scratch.file(SIZE)));
    device.registerResults.push(result, result);
    const error = refusal(mapping, { domain: option, access: [] });
    expectSystemError(error, code, 'ibv_reg_mr', mapping.path);
    expect(error.message).toMatch(remedy);
    expect(device.registered).toHaveLength(1);
  });

  test("'remote-flush' without RDMA FLUSH: EOPNOTSUPP, and the device is not asked", () => {
    const { device, option } = bench({ flushVisible: false });
    const error = refusal(opening(anonymous(SIZE)), { domain: option, access: ['remote-flush'] });
    expectSystemError(error, 'EOPNOTSUPP', 'ibv_reg_mr');
    expect([error.message.includes("'remote-flush'"), device.registered]).toEqual([true, []]);
  });

  test('a closed domain: ERR_RDMA_CLOSED', () => {
    const { device, domain, option } = bench();
    domain.close();
    domain.close();
    const mapping = opening(map(scratch.file(SIZE)));
    expect(refusal(mapping, { domain: option })).toMatchObject({ name: 'RdmaError', code: 'ERR_RDMA_CLOSED' });
    expect(device.registered).toEqual([]);
  });

  test('the domain of a registration does not close: EBUSY, and it goes on', () => {
    const { device, domain } = bench();
    device.closeResult = errno.EBUSY;
    expectSystemError(
      thrown(() => domain.close()),
      'EBUSY',
      'ibv_dealloc_pd',
      'fake0',
    );
    expect(domain.isOpen).toBe(true);
  });
});

const hasPageCache = skipUnless(
  fileSystemOf(statfsSync(tmpdir()).type).domain !== 'volatile',
  'the scratch files are no page cache',
  'TMPDIR=/var/tmp',
);

native.and(hasPageCache).describe('the page cache of a file', () => {
  test('that cannot be pinned is paged in on demand', () => {
    const { device, domain } = bench();
    device.registerResults.push(errno.EFAULT);
    using registration = opening(map(scratch.file(SIZE))).register({ domain: domainOption(domain, true) });
    expect([registration.onDemand, device.registered]).toEqual([true, [1, 1 | ON_DEMAND]]);
  });

  test('without on-demand paging: EFAULT, with the remedy', () => {
    const { device, domain } = bench({ onDemand: [] });
    device.registerResults.push(errno.EFAULT);
    const mapping = opening(map(scratch.file(SIZE)));
    const error = refusal(mapping, { domain: domainOption(domain, true) });
    expectSystemError(error, 'EFAULT', 'ibv_reg_mr', mapping.path);
    expect(error.message).toContain("'remote-read' only");
  });

  test.each([
    ['remote-atomic', 'atomic'],
    ['remote-flush', 'flush'],
  ] as const)(
    "'%s', if the device pages nothing in for it: EOPNOTSUPP, and it is not asked for that",
    (access, verb) => {
      const { device, domain } = bench({ onDemand: ['write', 'read'] });
      device.registerResults.push(errno.EFAULT);
      const mapping = opening(map(scratch.file(SIZE)));
      const error = refusal(mapping, { domain: domainOption(domain, true), access: ['remote-write', access] });
      expectSystemError(error, 'EOPNOTSUPP', 'ibv_reg_mr', mapping.path);
      expect(error.message).toContain(`no '${verb}'`);
      expect(device.registered).toHaveLength(1);
    },
  );

  test('before Linux 6.5 no pin for writing is asked for: EOPNOTSUPP, with the remedy', () => {
    const { device, domain } = bench({ onDemand: [] });
    const mapping = opening(map(scratch.file(SIZE)));
    for (const access of [undefined, ['remote-write'], ['remote-atomic']] as const) {
      const error = refusal(mapping, { domain: domainOption(domain, false), access });
      expectSystemError(error, 'EOPNOTSUPP', 'ibv_reg_mr', mapping.path);
      expect(error.message).toMatch(/before Linux 6\.5.*'remote-read' only/);
    }
    expect(device.registered).toEqual([]);
  });

  test('before Linux 6.5 it is pinned for reading, and paged in on demand for writing', () => {
    const { device, domain } = bench();
    const option = domainOption(domain, false);
    const mapping = opening(map(scratch.file(SIZE)));
    using reading = mapping.register({ domain: option, access: ['remote-read'] });
    using writing = mapping.register({ domain: option, access: ['remote-write'] });
    expect([reading.onDemand, writing.onDemand]).toEqual([false, true]);
    expect(device.registered).toEqual([4, 3 | ON_DEMAND]);
  });
});
