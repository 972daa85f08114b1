import { isSystemError } from '../core/errors.js';
import { queryDevice, type DeviceFacts, type RdmaVerb } from './device-facts.js';
import { deviceNames, gidsOf, portNumbers, transportOf, type Transport } from '../registration/rdma-devices.js';
import { tryVerbs, type Verbs } from './verbs.js';

/** A port of an {@link RdmaDevice}. */
export interface RdmaPort {
  /** Counted from 1. */
  readonly number: number;
  /** false: no link. Endpoints need an active port. */
  readonly active: boolean;
  /** The largest packet in bytes. */
  readonly mtu: number;
  /** The addresses of the port. `index` is the entry in its table: DomainOptions.gidIndex. */
  readonly gids: readonly { readonly index: number; readonly gid: string }[];
}

/** A device of this machine, as {@link rdma.devices} shows it. */
export interface RdmaDevice {
  /** 'rxe0', 'mlx5_0'. */
  readonly name: string;
  /** 'mlx5_core'; 'rxe' is soft RoCE; 'unknown'. */
  readonly driver: string;
  /** The network of its ports. */
  readonly transport: Transport;
  /** Its ports, in order. */
  readonly ports: readonly RdmaPort[];
  /** What peers can do with memory that is registered on demand, without a pin. */
  readonly onDemand: readonly RdmaVerb[];
  /** Endpoint.flush() and persist(), if the library of the peer has them too. */
  readonly flush: boolean;
  /** It can store 8 bytes at once at a peer. */
  readonly atomicWrite: boolean;
  /** 'device': atomic among the operations of this device. 'global': also with the CPU of its machine. */
  readonly atomics: 'none' | 'device' | 'global';
  /** It has memory windows. */
  readonly memoryWindows: boolean;
  /** Why something is missing, one sentence each. */
  readonly reasons: readonly string[];
}

const NO_DEVICE =
  'This machine has no RDMA device (/sys/class/infiniband is empty). For tests, soft RoCE needs no hardware: modprobe rdma_rxe, then rdma link add rxe0 type rxe netdev eth0.';

interface Asked {
  readonly device?: RdmaDevice;
  /** Why the device cannot be asked. */
  readonly reason?: string;
}

function portOf(name: string, number: number, { active, mtu }: DeviceFacts): RdmaPort {
  const gids = gidsOf(name, number).map(({ index, gid }) => Object.freeze({ index, gid }));
  return Object.freeze({ number, active, mtu: 128 << mtu, gids: Object.freeze(gids) });
}

function ask(verbs: Verbs, name: string): Asked {
  try {
    const all = portNumbers(name).map((port) => [port, queryDevice(verbs, name, port)] as const);
    const [first] = all;
    if (first === undefined) return { reason: `${name} has no port.` };
    const [, { driver, onDemand, flushVisible, flushPersistent, atomicWrite, atomics, memoryWindows, reasons }] = first;
    const device = Object.freeze({
      name,
      driver,
      transport: transportOf(name),
      ports: Object.freeze(all.map(([port, facts]) => portOf(name, port, facts))),
      onDemand,
      flush: flushVisible && flushPersistent,
      atomicWrite,
      atomics,
      memoryWindows,
      reasons,
    });
    return { device };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { reason: `${error.message}.` };
  }
}

function look(): { devices: RdmaDevice[]; reason?: string } {
  const verbs = tryVerbs();
  if (typeof verbs === 'string') return { devices: [], reason: verbs };
  const asked = deviceNames().map((name) => ask(verbs, name));
  const devices = asked.flatMap(({ device }) => (device === undefined ? [] : [device]));
  if (devices.length > 0) return { devices };
  const reasons = asked.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
  return { devices, reason: reasons.length === 0 ? NO_DEVICE : reasons.join(' ') };
}

function lookSafely(): { devices: RdmaDevice[]; reason?: string } {
  try {
    return look();
  } catch (error) {
    return { devices: [], reason: (error as Error).message };
  }
}

/**
 * What RDMA this machine has. Its members load libibverbs when they are used, and not before.
 *
 * @example
 * const { rdma } = require('mapdirect/rdma');
 * const [device] = rdma.devices();
 * console.log(device?.name ?? rdma.unavailable); // e.g. rxe0
 */
export const rdma = Object.freeze({
  /**
   * The devices of this machine that this process can use. Never throws: an empty list has its reason in
   * {@link rdma.unavailable}.
   *
   * @example
   * const { rdma } = require('mapdirect/rdma');
   * for (const { name, transport, flush } of rdma.devices()) console.log(name, transport, flush);
   */
  devices(): RdmaDevice[] {
    return lookSafely().devices;
  },

  /** Why devices() is empty, with the remedy; undefined: it is not. Never throws. */
  get unavailable(): string | undefined {
    return lookSafely().reason;
  },
});
