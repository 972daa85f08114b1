import { driverOf, pagesOnDemand } from '../registration/rdma-devices.js';
import { opened } from './open-error.js';
import type { Verbs } from './verbs.js';

/** What a peer can do with memory that is registered on demand. */
export type RdmaVerb = 'write' | 'read' | 'atomic' | 'flush' | 'atomic-write';

/** What a device and one of its ports can do. */
export interface DeviceFacts {
  readonly driver: string;
  readonly mostRequests: number;
  /** Reads and atomics that the device serves at once, and that it has under way at once. */
  readonly responderDepth: number;
  readonly initiatorDepth: number;
  readonly atomics: 'none' | 'device' | 'global';
  readonly memoryWindows: boolean;
  readonly flushVisible: boolean;
  readonly flushPersistent: boolean;
  readonly atomicWrite: boolean;
  readonly onDemand: readonly RdmaVerb[];
  /** Why something is missing, one sentence each. */
  readonly reasons: readonly string[];
  readonly active: boolean;
  /** As the device counts: 1 is 256 bytes, 5 is 4096. */
  readonly mtu: number;
  readonly longestMessage: number;
  readonly lid: number;
  readonly isEthernet: boolean;
}

const RXE_MISPLACES =
  'soft RoCE (rxe) has on-demand paging, but it writes bytes to wrong places unless every packet starts at a page boundary, so it is not used';

/** ibv_odp_transport_cap_bits of a reliable connection. */
const onDemandBits: ReadonlyArray<readonly [number, RdmaVerb]> = [
  [4, 'write'],
  [8, 'read'],
  [16, 'atomic'],
  [64, 'flush'],
  [128, 'atomic-write'],
];

function onDemandVerbs(driver: string, general: number, bits: number): { verbs: RdmaVerb[]; reason?: string } {
  if (general === 0) return { verbs: [], reason: 'the device has no on-demand paging' };
  if (!pagesOnDemand(driver)) return { verbs: [], reason: RXE_MISPLACES };
  return { verbs: onDemandBits.filter(([bit]) => (bits & bit) !== 0).map(([, verb]) => verb) };
}

function reasonsFor(caps: number, onDemandReason: string | undefined): string[] {
  return [
    ...(onDemandReason === undefined ? [] : [onDemandReason]),
    ...((caps & 3) === 3 ? [] : ['the device, or this kernel, has no RDMA FLUSH (Linux 6.3 has it for soft RoCE)']),
    ...((caps & 4) === 4 ? [] : ['the device, or this kernel, has no ATOMIC WRITE']),
  ];
}

/** @throws ENODEV; EACCES: no rights on /dev/infiniband; ENOENT: no file of the device there. */
export function queryDevice({ addon, numbers }: Verbs, name: string, port: number): DeviceFacts {
  opened(addon.rdmaQuery(name, port), name);
  const [, requests = 0, responder = 0, initiator = 0, atomics = 0, windows = 0, caps = 0, general = 0] = numbers;
  const [verbs = 0, state = 0, mtu = 1, longest = 0, lid = 0, link = 0, , completions = 0] = numbers.subarray(8);
  const driver = driverOf(name);
  const onDemand = onDemandVerbs(driver, general, verbs);
  return Object.freeze({
    driver,
    mostRequests: Math.min(requests, completions),
    responderDepth: responder,
    initiatorDepth: initiator,
    atomics: (['none', 'device', 'global'] as const)[atomics] ?? 'none',
    memoryWindows: windows > 0,
    flushVisible: (caps & 1) !== 0,
    flushPersistent: (caps & 2) !== 0,
    atomicWrite: (caps & 4) !== 0,
    onDemand: Object.freeze(onDemand.verbs),
    reasons: Object.freeze(reasonsFor(caps, onDemand.reason)),
    active: state === 4,
    mtu,
    longestMessage: longest,
    lid,
    isEthernet: link === 2,
  });
}
