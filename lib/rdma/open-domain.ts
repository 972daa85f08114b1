import { checked, errno, systemError } from '../core/errors.js';
import { queryDevice, type DeviceFacts } from './device-facts.js';
import { closedError } from './errors.js';
import { bestGid, parseGid } from './gid.js';
import { deviceNames, gidsOf, portNumbers, transportOf } from '../registration/rdma-devices.js';
import { opened } from './open-error.js';
import { requireVerbs, type Verbs } from './verbs.js';

/** Which device, port and address a domain uses; undefined: the first that works. */
export interface DomainRequest {
  readonly device: string | undefined;
  readonly port: number | undefined;
  readonly gidIndex: number | undefined;
}

const NO_DEVICE = 'this machine has no RDMA device: rdma.unavailable says more';
const GID_BYTES = 16;

interface Chosen {
  readonly device: string;
  readonly port: number;
  readonly facts: DeviceFacts;
}

function choosePort(verbs: Verbs, device: string, wanted: number | undefined): Chosen {
  const ports = portNumbers(device);
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

function choose(verbs: Verbs, { device, port }: DomainRequest): Chosen {
  const names = deviceNames();
  if (names.length === 0) throw systemError(errno.ENODEV, 'ibv_open_device', device, NO_DEVICE);
  if (device === undefined) return chooseAny(verbs, names, port);
  if (!names.includes(device))
    throw systemError(errno.ENODEV, 'ibv_open_device', device, `the devices are ${names.join(', ')}`);
  if (transportOf(device) === 'iwarp')
    throw systemError(errno.EOPNOTSUPP, 'ibv_open_device', device, 'iWARP needs rdma_cm, which this package lacks');
  return choosePort(verbs, device, port);
}

function chooseAny(verbs: Verbs, names: readonly string[], port: number | undefined): Chosen {
  let failure: unknown;
  for (const name of names) {
    if (transportOf(name) === 'iwarp') continue;
    try {
      return choosePort(verbs, name, port);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure ?? systemError(errno.EOPNOTSUPP, 'ibv_open_device', names[0], 'iWARP needs rdma_cm');
}

function chooseGid({ device, port, facts }: Chosen, wanted: number | undefined): { index: number; gid: Buffer } {
  const entries = gidsOf(device, port);
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

/** An open device with one protection domain. */
export class OpenDomain {
  private state: 'open' | 'closed' = 'open';

  private constructor(
    readonly verbs: Verbs,
    readonly id: number,
    readonly device: string,
    readonly port: number,
    readonly facts: DeviceFacts,
    private readonly address: { readonly index: number; readonly gid: Buffer },
  ) {}

  /** @throws ERR_RDMA_UNAVAILABLE, ENODEV, EACCES, EOPNOTSUPP, EINVAL, and the errno of the library. */
  static open(request: DomainRequest): OpenDomain {
    const verbs = requireVerbs();
    const chosen = choose(verbs, request);
    const address = chooseGid(chosen, request.gidIndex);
    const id = opened(verbs.addon.rdmaOpen(chosen.device), chosen.device);
    return new OpenDomain(verbs, id, chosen.device, chosen.port, chosen.facts, address);
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  get gid(): Buffer {
    return this.address.gid;
  }

  get gidIndex(): number {
    return this.address.index;
  }

  /** @throws ERR_RDMA_CLOSED. */
  checkOpen(): this {
    if (this.state === 'closed') throw closedError('the domain');
    return this;
  }

  /** @throws EBUSY. */
  close(): void {
    if (this.state === 'closed') return;
    const result = this.verbs.addon.rdmaClose(this.id);
    if (result === errno.EBUSY)
      throw systemError(
        result,
        'ibv_dealloc_pd',
        this.device,
        'registrations or endpoints of the domain live: deregister() and close() them first',
      );
    checked(result, 'ibv_dealloc_pd', this.device);
    this.state = 'closed';
  }
}
