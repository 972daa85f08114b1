// What probe() says of RDMA devices and of register(), from facts and from folders in the form of /sys.
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { map, probeSync, type Answer, type RegistrationAnswers } from '../../../lib/index.js';
import {
  rdmaDevicesAnswer,
  registrationAnswer,
  type RegistrationFacts,
} from '../../../lib/probe/registration-answers.js';
import { mayLockAll, readLimits } from '../../../lib/probe/system.js';
import { listDevices, type ListedDevice } from '../../../lib/registration/listed-devices.js';
import { pagesOnDemand } from '../../../lib/registration/rdma-devices.js';
import { errno } from '../../../lib/core/errors.js';
import { native } from '../../support/backends.js';
import { Scratch } from '../../support/scratch.js';
import { SysTree } from '../../support/sys-tree.js';

const scratch = new Scratch();

const card: ListedDevice = {
  name: 'mlx5_0',
  driver: 'mlx5_core',
  transport: 'roce',
  ports: [{ number: 1, active: true }],
  accessible: true,
};
const soft: ListedDevice = { ...card, name: 'rxe0', driver: 'rxe' };
const plain: RegistrationFacts = {
  kind: 'memory',
  unsealable: undefined,
  memory: { limit: 65536, pinned: 4096, unlimited: false },
  devices: [card],
  softOnDemand: false,
  ring: 0,
  soundPins: true,
};

function answers(facts: Partial<RegistrationFacts>): RegistrationAnswers {
  const { answer } = registrationAnswer({ ...plain, ...facts });
  if (typeof answer !== 'object') throw new Error(answer);
  return answer;
}

const verbs = (facts: Partial<RegistrationFacts>): Answer<'pinned'> => answers(facts).verbs;

describe('with a device', () => {
  test.each(['memory', 'device-dax'] as const)('%s is pinned, and the limit is named', (kind) => {
    expect(verbs({ kind })).toEqual({
      answer: 'pinned',
      reason: 'The pages are pinned, and count against RLIMIT_MEMLOCK of 65536 bytes, of which 4096 are pinned now.',
    });
  });

  test.each([
    ['fsdax', [card], false, 'unknown', /never pins.*DAX.*on-demand/, /rdma\.devices\(\)/],
    ['fsdax', [soft], false, 'no', /misplaces/, /device-dax/],
    ['fsdax', [soft], true, 'unknown', /never pins/, /rdma\.devices\(\)/],
    ['page cache', [card], false, 'unknown', /'remote-read' alone it does/, /rdma\.devices\(\)/],
    ['page cache', [soft], false, 'no', /'remote-read' alone it does/, /tmpfs/],
    ['page cache', [soft, card], false, 'unknown', /never pins/, /rdma\.devices\(\)/],
  ] as const)('%s, %j, on demand on soft RoCE %p: %s', (kind, devices, softOnDemand, answer, reason, remedy) => {
    expect(verbs({ kind, devices, softOnDemand })).toEqual({
      answer,
      reason: expect.stringMatching(reason) as unknown,
      remedy: expect.stringMatching(remedy) as unknown,
    });
  });

  test('the page cache before Linux 6.5 is refused by this package', () => {
    expect(verbs({ kind: 'page cache', soundPins: false }).reason).toMatch(/Before Linux 6\.5/);
  });

  test('memory of an unknown kind: unknown', () => {
    expect(verbs({ kind: undefined })).toMatchObject({ answer: 'unknown', reason: expect.any(String) as unknown });
  });
});

test.each([
  ['mlx5_core', {}, true],
  ['rxe', {}, false],
  ['rxe', { MAPDIRECT_RXE_ODP: '1' }, true],
] as const)('the on-demand paging of %s with %j is used: %p', (driver, environment, isUsed) => {
  expect(pagesOnDemand(driver, environment)).toBe(isUsed);
});

test.each<readonly [Partial<RegistrationFacts>, string, RegExp]>([
  [{ kind: 'memory' }, 'pinned', /RLIMIT_MEMLOCK of 65536/],
  [{ kind: 'device-dax' }, 'pinned', /RLIMIT_MEMLOCK/],
  [{ kind: 'device-dax', soundPins: false }, 'no', /Linux 6\.5/],
  [{ kind: 'fsdax' }, 'no', /never pins/],
  [{ kind: 'page cache' }, 'no', /never pins/],
  [{ kind: undefined }, 'unknown', /not known/],
  [{ ring: errno.EPERM }, 'no', /EPERM.*kernel\.io_uring_disabled/],
  [{ ring: errno.ENOSYS }, 'no', /ENOSYS/],
])('io_uring with %j: %s', (facts, answer, reason) => {
  expect(answers(facts).io_uring).toMatchObject({ answer, reason: expect.stringMatching(reason) as unknown });
});

test.each<readonly [string, readonly ListedDevice[], RegExp]>([
  ['no device', [], /no RDMA device/],
  ['iWARP', [{ ...card, transport: 'iwarp' }], /mlx5_0 is iWARP/],
  ['no rights', [{ ...card, accessible: false }], /no rights on the device file of mlx5_0/],
  ['no link', [{ ...card, ports: [{ number: 1, active: false }] }], /No port of mlx5_0 is active/],
  [
    'no port',
    [
      { ...card, ports: [] },
      { ...soft, accessible: false },
    ],
    /mlx5_0.* rxe0/,
  ],
])('%s: no, with the reason and the remedy', (_title, devices, reason) => {
  expect(verbs({ devices })).toEqual({
    answer: 'no',
    reason: expect.stringMatching(reason) as unknown,
    remedy: expect.any(String) as unknown,
  });
  expect(answers({ devices }).lock.answer).toBe('yes');
});

test('RLIMIT_MEMLOCK 0 forbids both, unless the process has CAP_IPC_LOCK', () => {
  const none = { limit: 0, pinned: 0, unlimited: false } as const;
  const forbidden = {
    answer: 'no',
    reason: expect.stringContaining('EPERM') as unknown,
    remedy: expect.any(String) as unknown,
  };
  expect(answers({ memory: none })).toEqual({ lock: forbidden, verbs: forbidden, io_uring: forbidden });
  const all = answers({ memory: { ...none, unlimited: true } });
  expect([all.lock.answer, all.verbs.answer]).toEqual(['yes', 'pinned']);
  expect(answers({ memory: { limit: undefined, pinned: undefined, unlimited: false } }).verbs.reason).toContain(
    'not known',
  );
});

test('a file that cannot be sealed: no for every provider', () => {
  expect(registrationAnswer({ ...plain, unsealable: 'nfs moves blocks' })).toMatchObject({
    answer: 'no',
    reason: 'Registered memory is sealed, and nfs moves blocks.',
    remedy: expect.stringContaining('ext4') as unknown,
  });
});

describe('/sys and /proc', () => {
  function tree(): SysTree {
    const sys = new SysTree(scratch);
    sys.file('class/infiniband/rxe0/ports/1/state', '4: ACTIVE\n');
    sys.file('class/infiniband/rxe0/ports/1/link_layer', 'Ethernet\n');
    sys.file('class/infiniband/rxe0/parent', 'eth0\n');
    sys.file('class/infiniband/rxe0/node_type', '1: CA\n');
    sys.file('class/infiniband_verbs/abi_version', '6\n');
    sys.file('class/infiniband_verbs/uverbs3/ibdev', 'rxe0\n');
    sys.file('class/infiniband/mlx5_0/ports/1/state', '1: DOWN\n');
    sys.file('class/infiniband/mlx5_0/ports/1/link_layer', 'InfiniBand\n');
    return sys;
  }

  test('the devices, their ports and the rights of this process', () => {
    const { root } = tree();
    const dev = new SysTree(scratch);
    dev.file('uverbs3', '');
    const [down, up] = listDevices(root, dev.root);
    expect(up).toEqual({ ...soft, ports: [{ number: 1, active: true }] });
    expect(down).toEqual({
      name: 'mlx5_0',
      driver: 'unknown',
      transport: 'infiniband',
      ports: [{ number: 1, active: false }],
      accessible: false,
    });
    expect(listDevices(root, join(dev.root, 'none')).map(({ accessible }) => accessible)).toEqual([false, false]);
    expect(rdmaDevicesAnswer(listDevices(root, dev.root)).answer).toHaveLength(2);
  });

  test('no device: no, with the remedy', () => {
    expect(rdmaDevicesAnswer(listDevices(scratch.path('nothing')))).toMatchObject({
      answer: 'no',
      remedy: expect.stringContaining('rdma link add') as unknown,
    });
  });

  test('what is locked and pinned now, and whether a limit holds', () => {
    const proc = new SysTree(scratch);
    proc.file('self/status', 'Name:\tnode\nVmLck:\t      64 kB\nVmPin:\t       8 kB\nCapEff:\t0000000000004000\n');
    expect(readLimits(undefined, proc.root)).toMatchObject({ lockedMemoryUsed: 65536, pinnedMemoryUsed: 8192 });
    expect(mayLockAll(proc.root)).toBe(true);
    proc.file('self/status', 'CapEff:\t0000003fffffbfff\n');
    expect([mayLockAll(proc.root), readLimits(undefined, proc.root).pinnedMemoryUsed]).toEqual([false, undefined]);
    expect(mayLockAll(scratch.path('nothing'))).toBe(false);
  });
});

native.describe('probe() of this machine', () => {
  test('lists the devices of /sys/class/infiniband, and loads no library', () => {
    const { answer } = probeSync(scratch.dir).rdmaDevices;
    const listed = ((): string[] => {
      try {
        return readdirSync('/sys/class/infiniband').sort();
      } catch {
        return [];
      }
    })();
    expect(typeof answer === 'object' ? answer.map(({ name }) => name) : []).toEqual(listed);
    expect(readFileSync('/proc/self/maps', 'latin1')).not.toContain('libibverbs');
  });

  test("provider 'lock' does what it said", () => {
    const path = scratch.file(65536);
    const { answer } = probeSync(path).registration;
    expect(answer).toMatchObject({ lock: { answer: 'yes' } });
    using mapping = map(path);
    const before = lockedNow(path);
    using registration = mapping.register();
    expect(registration.valid).toBe(true);
    expect(lockedNow(path)).toBe(before + 65536);
  });

  test('a directory of a file system without seals: no', () => {
    expect(probeSync('/proc/self/status').registration).toMatchObject({
      answer: 'no',
      reason: expect.stringContaining('proc') as unknown,
    });
  });
});

function lockedNow(path: string): number {
  const { answer } = probeSync(path).limits;
  return typeof answer === 'object' ? (answer.lockedMemoryUsed ?? NaN) : NaN;
}
