// Which device, port and address a domain uses, from a folder in the form of /sys/class/infiniband.
import { expect, test } from '@jest/globals';
import { errno } from '../../../lib/core/errors.js';
import { choosePort, type DomainRequest } from '../../../lib/rdma/choose-port.js';
import { expectSystemError, thrown } from '../../support/errors.js';
import { FakeDevice } from '../../support/fake-verbs.js';
import { Scratch } from '../../support/scratch.js';
import { SysTree } from '../../support/sys-tree.js';

const IPV4 = '0000:0000:0000:0000:0000:ffff:7f00:0001';
const LINK_LOCAL = 'fe80:0000:0000:0000:0200:00ff:fe00:0000';
const ACTIVE = 4;
const DOWN = 1;
const STATE = 9; // registers of rdmaQuery()
const LINK = 13;
const ETHERNET = 2;
const INFINIBAND = 1;

const scratch = new Scratch();

interface FakePort {
  readonly state: number;
  readonly link?: number;
  readonly gids?: readonly string[];
}

type Machine = Readonly<Record<string, { readonly isIwarp?: boolean; readonly ports: readonly FakePort[] }>>;

/** A device with the ports of the machine. Those without ports cannot be opened. */
function verbsOf(machine: Machine): FakeDevice {
  const device = new FakeDevice();
  device.addon.rdmaQuery = (name, number) => {
    const port = machine[name]?.ports[number - 1];
    if (port === undefined) return errno.EACCES;
    device.numbers.fill(0);
    device.numbers[STATE] = port.state;
    device.numbers[LINK] = port.link ?? ETHERNET;
    return 0;
  };
  return device;
}

function rootOf(machine: Machine): string {
  const tree = new SysTree(scratch);
  tree.file('version', '');
  for (const [name, { isIwarp = false, ports }] of Object.entries(machine)) {
    tree.file(`infiniband/${name}/node_type`, isIwarp ? '4: RNIC\n' : '1: CA\n');
    for (const [at, { gids = [LINK_LOCAL, IPV4] }] of ports.entries())
      for (const [index, gid] of gids.entries()) {
        tree.file(`infiniband/${name}/ports/${at + 1}/gids/${index}`, `${gid}\n`);
        tree.file(`infiniband/${name}/ports/${at + 1}/gid_attrs/types/${index}`, 'RoCE v2\n');
      }
  }
  return `${tree.root}/infiniband`;
}

function choose(machine: Machine, request: Partial<DomainRequest> = {}): ReturnType<typeof choosePort> {
  const wanted = { device: undefined, port: undefined, gidIndex: undefined, ...request };
  return choosePort(verbsOf(machine), wanted, rootOf(machine));
}

const up: FakePort = { state: ACTIVE };
const down: FakePort = { state: DOWN };
const two: Machine = { mlx5_0: { ports: [down, down] }, rxe0: { ports: [down, up] } };

test('the first device with an active port, with the address that routes best', () => {
  expect(choose(two)).toMatchObject({ device: 'rxe0', port: 2, address: { index: 1 } });
});

test('iWARP and devices that cannot be opened are left out while there is another', () => {
  const machine: Machine = { a: { isIwarp: true, ports: [up] }, b: { ports: [down] }, c: { ports: [up] } };
  expect(choose(machine)).toMatchObject({ device: 'c', port: 1 });
});

test('an address of InfiniBand may be missing', () => {
  const port: FakePort = { state: ACTIVE, link: INFINIBAND, gids: ['0000:0000:0000:0000:0000:0000:0000:0000'] };
  expect(choose({ ib0: { ports: [port] } }).address).toEqual({ index: 0, gid: Buffer.alloc(16) });
});

test.each<readonly [string, Machine, Partial<DomainRequest>, string, string, RegExp]>([
  ['no device', {}, {}, 'ENODEV', 'ibv_open_device', /no RDMA device/],
  ['another name', two, { device: 'mlx4_0' }, 'ENODEV', 'ibv_open_device', /mlx5_0, rxe0/],
  ['no active port', two, { device: 'mlx5_0' }, 'ENODEV', 'ibv_query_port', /no port of it is active/],
  ['a port that is down', two, { device: 'rxe0', port: 1 }, 'ENODEV', 'ibv_query_port', /active/],
  ['no such port', two, { device: 'rxe0', port: 3 }, 'EINVAL', 'ibv_query_port', /ports 1, 2, not 3/],
  ['iWARP', { a: { isIwarp: true, ports: [up] } }, { device: 'a' }, 'EOPNOTSUPP', 'ibv_open_device', /rdma_cm/],
  ['iWARP alone', { a: { isIwarp: true, ports: [up] } }, {}, 'EOPNOTSUPP', 'ibv_open_device', /rdma_cm/],
  ['no such address', two, { gidIndex: 2 }, 'EINVAL', 'ibv_query_gid', /GIDs 0, 1/],
  ['no address', { a: { ports: [{ state: ACTIVE, gids: ['::'] }] } }, {}, 'EINVAL', 'ibv_query_gid', /GIDs none/],
])('%s: a named error', (_title, machine, request, code, syscall, why) => {
  const error = thrown(() => choose(machine, request));
  expectSystemError(error, code, syscall, error.path);
  expect(error.message).toMatch(why);
});
