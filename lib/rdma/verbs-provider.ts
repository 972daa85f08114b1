import { errno } from '../core/errors.js';
import type { Registered, RegistrationProvider, RegistrationRequest } from '../registration/provider.js';
import { memoryBits, REMOTE, verbsBits, type RdmaAccess } from './access.js';
import { encodeDescriptor } from './descriptor.js';
import type { RdmaVerb } from './device-facts.js';
import { memoryKindOf, refusesUnsoundPins, type MemoryKind } from '../registration/memory-kind.js';
import type { OpenDomain } from './open-domain.js';
import { noFlush, noPaging, registrationFailed, unsoundPin } from './registration-error.js';

const PINNED =
  'The pages are pinned: they stay in memory until the registration ends, and count against RLIMIT_MEMLOCK.';

const onDemandReason: Readonly<Record<MemoryKind, string>> = {
  memory: 'The device pages the memory in on demand.',
  'device-dax': 'The device pages the memory in on demand.',
  fsdax: 'The kernel never pins memory of a file on DAX for long, so the device pages it in on demand.',
  'page cache': 'The kernel never pins the page cache for long with write access, so the device pages it in on demand.',
};

/** What a device must page in for a right of peers. */
const pagingVerbs: Readonly<Record<RdmaAccess, RdmaVerb>> = {
  'remote-read': 'read',
  'remote-write': 'write',
  'remote-atomic': 'atomic',
  'remote-flush': 'flush',
};

const VOLATILE =
  'Endpoint.persist() is refused for this memory: it is not persistent memory that cache lines reach. The owner calls mapping.persist().';
const FORCED =
  'Endpoint.persist() is refused for this memory: its granularity was forced (MAPDIRECT_FORCE_GRANULARITY).';

interface Plan {
  readonly kind: MemoryKind;
  readonly bits: number;
  readonly isWritable: boolean;
  /** A peer can make its stores durable. */
  readonly isPersistent: boolean;
  readonly wantsFlush: boolean;
}

function planOf({ facts }: OpenDomain, { region, access, granularity, forced, path }: RegistrationRequest): Plan {
  const wantsFlush = access.includes('remote-flush');
  if (wantsFlush && !facts.flushVisible) throw noFlush(path);
  const isPersistent = wantsFlush && granularity !== 'page' && !forced && facts.flushPersistent;
  const plain = memoryBits(access);
  const flush = (wantsFlush ? verbsBits.flushVisible : 0) | (isPersistent ? verbsBits.flushPersistent : 0);
  return {
    kind: memoryKindOf(region),
    bits: plain | flush,
    isWritable: (plain & verbsBits.localWrite) !== 0,
    isPersistent,
    wantsFlush,
  };
}

/** The kernel refuses the pin for good: only on-demand paging can serve this memory. */
function needsOnDemand({ kind, isWritable }: Plan, result: number): boolean {
  if (kind === 'fsdax') return result === errno.EOPNOTSUPP;
  return kind === 'page cache' && isWritable && result === errno.EFAULT;
}

/** ibv_reg_mr() through the addon, and the ledger. */
export class VerbsProvider implements RegistrationProvider {
  readonly name = 'verbs';

  /** @param isSound - refusesUnsoundPins(); a test passes the answer of another kernel. */
  constructor(
    private readonly domain: OpenDomain,
    private readonly isSound = refusesUnsoundPins(),
  ) {}

  register(request: RegistrationRequest): Registered {
    const plan = planOf(this.domain.checkOpen(), request);
    const isUnsound = plan.kind === 'page cache' && plan.isWritable && !this.isSound;
    const pinned = isUnsound ? errno.EFAULT : this.call(request, plan.bits);
    if (pinned >= 0) return this.registered(pinned, request, plan, false);
    if (!needsOnDemand(plan, pinned)) throw registrationFailed(pinned, plan.kind, request.path);
    const { onDemand } = this.domain.facts;
    if (onDemand.length === 0)
      throw isUnsound ? unsoundPin(request.path) : registrationFailed(pinned, plan.kind, request.path);
    this.checkPaging(request);
    const paged = this.call(request, plan.bits | verbsBits.onDemand);
    if (paged < 0) throw registrationFailed(paged, plan.kind, request.path);
    return this.registered(paged, request, plan, true);
  }

  /** @throws EOPNOTSUPP: the device has no paging for a right of peers. */
  private checkPaging({ access, path }: RegistrationRequest): void {
    const { onDemand } = this.domain.facts;
    for (const word of REMOTE) {
      const verb = pagingVerbs[word];
      if (access.includes(word) && !onDemand.includes(verb)) throw noPaging(word, verb, path);
    }
  }

  private call({ region, offset, length, lockFd }: RegistrationRequest, bits: number): number {
    const { addon } = this.domain.verbs;
    return addon.rdmaRegister(region.token.slot, offset, length, this.domain.id, bits, lockFd);
  }

  /** Right after {@link call}: the registers have its results. */
  private registered(id: number, request: RegistrationRequest, plan: Plan, onDemand: boolean): Registered {
    const { numbers, integers } = this.domain.verbs;
    const [, localKey = 0, key = 0] = numbers;
    const address = integers[0] ?? 0n;
    const access = REMOTE.filter((word): word is RdmaAccess => request.access.includes(word));
    const persistence = plan.isPersistent ? 'flush' : 'none';
    const { gid } = this.domain;
    return {
      id,
      address,
      localKey,
      remoteKey: key,
      onDemand,
      domain: this.domain,
      reasons: [
        onDemand ? onDemandReason[plan.kind] : PINNED,
        ...(plan.wantsFlush && !plan.isPersistent ? [request.forced ? FORCED : VOLATILE] : []),
      ],
      descriptor: () => encodeDescriptor({ access, key, address, length: request.length, persistence, onDemand, gid }),
    };
  }
}
