import { errno, systemError } from '../core/errors.js';
import { deviceNames, gidsOf, portNumbers, transportOf } from '../registration/rdma-devices.js';
import { queryDevice, type DeviceFacts } from './device-facts.js';
import { bestGid, parseGid } from './gid.js';
import type { Verbs } from './verbs.js';

/** Which device, port and address a domain uses; undefined: the first that works. */
export interface DomainRequest {
  readonly device: string | undefined;
  readonly port: number | undefined;
  readonly gidIndex: number | undefined;
}

const NO_DEVICE = 'this machine has no RDMA device: rdma.unavailable says more';
const GID_BYTES = 16;

/** A port of a device, and its address. */
export interface ChosenPort {
  readonly device: string;
  readonly port: number;
  readonly facts: DeviceFacts;
  /** The entry of its table of GIDs. */
  readonly address: { readonly index: number; readonly gid: Buffer };
}

type Port = Omit<ChosenPort, 'address'>;

function portOf(verbs: Verbs, device: string, wanted: number | undefined, root?: string): Port {
  const ports = portNumbers(device, root);
  if (wanted !== undefined && !ports.includes(wanted))
    throw systemError(errno.EINVAL, 'ibv_query_port', device, `it has the ports ${ports.join(', ')}, not ${wanted}`);
  const all = (wanted === undefined ? ports : [wanted]).map((port) => ({
    device,
    port,
    facts: queryDevice(verbs, device, port),
  }));
  const chosen = all.find(({ facts }) => facts.active);
  if (chosen === undefined)
    throw systemError(errno.ENODEV, 'ibv_query_port', device, 'no port of it is active: is the link up (rdma link)?');
  return chosen;
}

function portFor(verbs: Verbs, { device, port }: DomainRequest, root?: string): Port {
  const names = deviceNames(root);
  if (names.length === 0) throw systemError(errno.ENODEV, 'ibv_open_device', device, NO_DEVICE);
  if (device === undefined) return anyPort(verbs, names, port, root);
  if (!names.includes(device))
    throw systemError(errno.ENODEV, 'ibv_open_device', device, `the devices are ${names.join(', ')}`);
  if (transportOf(device, root) === 'iwarp')
    throw systemError(errno.EOPNOTSUPP, 'ibv_open_device', device, 'iWARP needs rdma_cm, which this package lacks');
  return portOf(verbs, device, port, root);
}

function anyPort(verbs: Verbs, names: readonly string[], port: number | undefined, root?: string): Port {
  let failure: unknown;
  for (const name of names) {
    if (transportOf(name, root) === 'iwarp') continue;
    try {
      return portOf(verbs, name, port, root);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure ?? systemError(errno.EOPNOTSUPP, 'ibv_open_device', names[0], 'iWARP needs rdma_cm');
}

function addressOf({ device, port, facts }: Port, wanted: number | undefined, root?: string): ChosenPort['address'] {
  const entries = gidsOf(device, port, root);
  const found = wanted === undefined ? bestGid(entries) : entries.find(({ index }) => index === wanted);
  const gid = found === undefined ? undefined : parseGid(found.gid);
  if (found !== undefined && gid !== undefined) return { index: found.index, gid };
  if (wanted === undefined && !facts.isEthernet) return { index: 0, gid: Buffer.alloc(GID_BYTES) };
  const there = entries.map(({ index }) => index).join(', ');
  throw systemError(
    errno.EINVAL,
    'ibv_query_gid',
    device,
    `port ${port} has the GIDs ${there === '' ? 'none' : there}`,
  );
}

/**
 * The port that a domain uses. A test passes another root than /sys/class/infiniband.
 *
 * @throws ENODEV, EOPNOTSUPP, EINVAL; the errors of opening a device.
 */
export function choosePort(verbs: Verbs, request: DomainRequest, root?: string): ChosenPort {
  const port = portFor(verbs, request, root);
  return { ...port, address: addressOf(port, request.gidIndex, root) };
}
