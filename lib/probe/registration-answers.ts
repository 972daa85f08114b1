import { errnoName } from '../core/errors.js';
import type { ListedDevice } from '../registration/listed-devices.js';
import type { MemoryKind } from '../registration/memory-kind.js';
import type { Answer, Limit, Probe, RegistrationAnswers } from './types.js';

/** What register() would do with a mapping of the target, by provider. These decisions make no system call. */

/** Memory of the process that stays in place. */
export interface LockedMemory {
  /** RLIMIT_MEMLOCK; undefined: not known. */
  readonly limit: Limit | undefined;
  /** VmPin, in bytes. */
  readonly pinned: number | undefined;
  /** CAP_IPC_LOCK: the limit does not hold. */
  readonly unlimited: boolean;
}

/** The facts for {@link registrationAnswer}. */
export interface RegistrationFacts {
  /** undefined: not known. */
  readonly kind: MemoryKind | undefined;
  /** Why the file cannot be sealed; undefined: it can, or needs no seal. */
  readonly unsealable: string | undefined;
  readonly memory: LockedMemory;
  readonly devices: readonly ListedDevice[];
  /** MAPDIRECT_RXE_ODP: soft RoCE may page in on demand. */
  readonly softOnDemand: boolean;
  /** The result of a trial of io_uring_setup(2): 0 or a negative errno. */
  readonly ring: number;
  /** refusesUnsoundPins() of lib/registration/memory-kind.ts. */
  readonly soundPins: boolean;
}

const SOFT = 'For tests, soft RoCE needs no hardware: modprobe rdma_rxe, then rdma link add rxe0 type rxe netdev eth0.';
const RAISE = 'Raise it (ulimit -l, LimitMEMLOCK= of systemd), or give the process CAP_IPC_LOCK.';
const ASK = 'rdma.devices() of mapdirect/rdma asks the device: it loads libibverbs.';

export function rdmaDevicesAnswer(devices: readonly ListedDevice[]): Probe['rdmaDevices'] {
  if (devices.length > 0) return { answer: Object.freeze([...devices]) };
  return { answer: 'no', reason: 'The kernel lists no RDMA device (/sys/class/infiniband).', remedy: SOFT };
}

function limitText({ limit, pinned, unlimited }: LockedMemory, what: 'pinned' | 'locked'): string {
  if (unlimited || limit === 'unlimited') return `The pages are ${what}; no limit holds for this process.`;
  const bound = limit === undefined ? 'of a size that is not known' : `of ${limit} bytes`;
  const used = what === 'pinned' && pinned !== undefined ? `, of which ${pinned} are pinned now` : '';
  return `The pages are ${what}, and count against RLIMIT_MEMLOCK ${bound}${used}.`;
}

function isForbidden({ limit, unlimited }: LockedMemory): boolean {
  return !unlimited && limit === 0;
}

const noMemory: Answer & { readonly answer: 'no' } = {
  answer: 'no',
  reason: 'RLIMIT_MEMLOCK is 0, so register() is EPERM.',
  remedy: RAISE,
};

function lockAnswer({ memory }: RegistrationFacts): Answer {
  if (isForbidden(memory)) return noMemory;
  return { answer: 'yes', reason: limitText(memory, 'locked') };
}

/** The devices that a domain can open. */
function usable(devices: readonly ListedDevice[]): readonly ListedDevice[] {
  return devices.filter(
    ({ transport, accessible, ports }) => transport !== 'iwarp' && accessible && ports.some(({ active }) => active),
  );
}

function noDomain(devices: readonly ListedDevice[]): Answer & { readonly answer: 'no' } {
  const reasons = devices.map(({ name, transport, accessible }) => {
    if (transport === 'iwarp') return `${name} is iWARP, which needs rdma_cm.`;
    return accessible ? `No port of ${name} is active.` : `This process has no rights on the device file of ${name}.`;
  });
  if (reasons.length === 0) return { answer: 'no', reason: 'This machine has no RDMA device.', remedy: SOFT };
  const remedy =
    'A domain needs an active port (rdma link), and read and write rights on /dev/infiniband/uverbs* (rdma-core has the udev rules).';
  return { answer: 'no', reason: reasons.join(' '), remedy };
}

/** Can a domain of mapdirect/rdma be opened? */
export function rdmaAnswer(devices: readonly ListedDevice[]): Answer {
  const names = usable(devices).map(({ name, driver }) => `${name} (${driver})`);
  return names.length > 0 ? { answer: 'yes', reason: `A port is active: ${names.join(', ')}.` } : noDomain(devices);
}

function neverPinned(kind: 'fsdax' | 'page cache', soundPins: boolean): string {
  if (kind === 'fsdax') return 'The kernel never pins memory of a file on DAX for long, sealed or not.';
  return soundPins
    ? "The kernel never pins the page cache for long with write access; for 'remote-read' alone it does."
    : "Before Linux 6.5 a writable pin of the page cache loses stores of the device, so it is refused; 'remote-read' alone is pinned.";
}

function verbsAnswer(facts: RegistrationFacts): RegistrationAnswers['verbs'] {
  const { kind, devices, memory, softOnDemand, soundPins } = facts;
  const open = usable(devices);
  if (open.length === 0) return noDomain(devices);
  if (kind === undefined) return { answer: 'unknown', reason: 'The kind of the memory is not known.' };
  if (kind === 'memory' || kind === 'device-dax')
    return isForbidden(memory) ? noMemory : { answer: 'pinned', reason: limitText(memory, 'pinned') };
  const why = neverPinned(kind, soundPins);
  if (open.some(({ driver }) => driver !== 'rxe' || softOnDemand))
    return { answer: 'unknown', reason: `${why} A device with on-demand paging can page it in.`, remedy: ASK };
  return {
    answer: 'no',
    reason: `${why} Soft RoCE is not used with on-demand paging, because it misplaces bytes.`,
    remedy: 'Use a device-dax, tmpfs or anonymous(), or a device with on-demand paging.',
  };
}

function ringAnswer({ kind, ring, soundPins, memory }: RegistrationFacts): RegistrationAnswers['io_uring'] {
  const view = 'A read or write with O_DIRECT into a view copies nothing, either, and needs no registration.';
  if (ring < 0) {
    const why = `io_uring_setup(2) is ${errnoName(ring)}: this kernel lacks it, or a container or kernel.io_uring_disabled forbids it.`;
    return { answer: 'no', reason: why, remedy: view };
  }
  if (kind === undefined) return { answer: 'unknown', reason: 'The kind of the memory is not known.' };
  if (kind === 'fsdax' || kind === 'page cache')
    return { answer: 'no', reason: 'The kernel never pins memory of a file on a disk or on DAX for it.', remedy: view };
  if (kind === 'device-dax' && !soundPins)
    return { answer: 'no', reason: 'Before Linux 6.5 the kernel pins no device-dax for it.', remedy: view };
  return isForbidden(memory) ? noMemory : { answer: 'pinned', reason: limitText(memory, 'pinned') };
}

/** The answers for a mapping with access 'write'. */
export function registrationAnswer(facts: RegistrationFacts): Probe['registration'] {
  if (facts.unsealable !== undefined) {
    return {
      answer: 'no',
      reason: `Registered memory is sealed, and ${facts.unsealable}.`,
      remedy: 'Use a file on ext4, xfs or tmpfs, a device-dax, or anonymous().',
    };
  }
  return { answer: Object.freeze({ lock: lockAnswer(facts), verbs: verbsAnswer(facts), io_uring: ringAnswer(facts) }) };
}
