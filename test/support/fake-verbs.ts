import { loadAddon } from '../../lib/backend/native/load.js';
import type { Addon } from '../../lib/backend/native/addon.js';
import { PROVIDER, type RegistrationDomain } from '../../lib/registration/provider.js';
import type { DeviceFacts } from '../../lib/rdma/device-facts.js';
import { OpenDomain } from '../../lib/rdma/open-domain.js';
import type { Verbs } from '../../lib/rdma/verbs.js';
import { VerbsProvider } from '../../lib/rdma/verbs-provider.js';

/** A request that is with the {@link FakeDevice}. */
export interface Posted {
  readonly slot: number;
  readonly operation: number;
  readonly length: number;
  readonly address: bigint;
  /** Of its chain: it has a completion. The others have one only if they fail. */
  readonly isLast: boolean;
}

/** A device in TypeScript, in the place of libibverbs. The test completes its requests. */
export class FakeDevice implements Verbs {
  readonly numbers: Float64Array;
  readonly integers: BigUint64Array;
  readonly addon: Addon;
  /** Requests that are not completed, in order. */
  readonly posted: Posted[] = [];
  /** The results of the next calls of rdmaPost(); then 0. */
  readonly postResults: number[] = [];
  /** The results of the next calls of rdmaRegister(). Then the ledger gets a registration without a device. */
  readonly registerResults: number[] = [];
  /** The access bits of each call of rdmaRegister(). */
  readonly registered: number[] = [];
  /** The arguments of each call of rdmaEndpoint(). */
  readonly pairs: { readonly access: number; readonly requests: number }[] = [];
  /** The registers at each call of rdmaConnect(). */
  readonly connected: number[][] = [];
  /** The endpoints that were closed. */
  readonly closed: number[] = [];
  /** The result of rdmaClose(). */
  closeResult = 0;
  /** The result of the next rdmaReap(), if it is negative. */
  reapResult = 0;
  /** Calls of rdmaReap() that only looked. */
  looks = 0;
  /** Calls of rdmaReap() that asked the device for an event. */
  sleeps = 0;
  /** The value of every atomic operation. */
  value = 0n;
  private chain: Posted[] = [];
  private readonly completions: number[][] = [];
  private wake: ((result: number) => void) | undefined;

  constructor() {
    const registers = new ArrayBuffer(16 * 8);
    this.numbers = new Float64Array(registers);
    this.integers = new BigUint64Array(registers);
    const calls: Partial<Addon> = {
      rdmaPost: (_endpoint, isLast) => this.post(isLast === 1),
      rdmaReap: (_endpoint, into, wait) => this.reap(into, wait === 1),
      rdmaValue: () => {
        this.integers[0] = this.value;
        return 0;
      },
      rdmaCloseEndpoint: (id) => {
        this.closed.push(id);
        this.posted.length = 0;
        return 0;
      },
      rdmaClose: () => this.closeResult,
      rdmaEndpoint: (_domain, _port, _depth, access, requests) => {
        this.pairs.push({ access, requests });
        [this.numbers[0], this.numbers[1]] = [9, requests];
        return 1;
      },
      rdmaConnect: () => {
        this.connected.push(Array.from(this.numbers));
        return 0;
      },
      rdmaRegister: (slot, offset, length, _domain, access) => this.register(slot, offset, length, access),
    };
    this.addon = calls as Addon;
  }

  /** The oldest requests end. `status`: ibv_wc_status, 0: done. */
  complete(count: number, status = 0): void {
    for (const { slot, isLast } of this.posted.splice(0, count))
      if (isLast || status !== 0) this.completions.push([slot, status, 0]);
    this.wakeUp();
  }

  /** A rdmaReap() that waits returns; the next one has the result `result`. */
  failReap(result: number): void {
    this.reapResult = result;
    this.wakeUp();
  }

  private wakeUp(): void {
    this.wake?.(0);
    this.wake = undefined;
  }

  private post(isLast: boolean): number {
    const [operation = 0, slot = 0, , , length = 0] = this.numbers;
    this.chain.push({ slot, operation, length, address: this.integers[6] ?? 0n, isLast });
    const result = this.postResults.shift() ?? 0;
    if (result === 0 && !isLast) return 0;
    const chain = this.chain;
    this.chain = [];
    if (result === 0) this.posted.push(...chain);
    return result;
  }

  private reap(into: Float64Array, waits: boolean): number | Promise<number> {
    if (waits) this.sleeps++;
    else this.looks++;
    if (this.reapResult < 0) return this.reapResult;
    const taken = this.completions.splice(0, Math.floor(into.length / 3));
    into.set(taken.flat());
    if (taken.length > 0 || !waits) return taken.length;
    return new Promise((resolve) => (this.wake = resolve));
  }

  private register(slot: number, offset: number, length: number, access: number): number {
    this.registered.push(access);
    const result = this.registerResults.shift() ?? 0;
    if (result !== 0) return result;
    const native = loadAddon();
    if ('reason' in native) throw new Error(native.reason);
    this.integers[0] = 4096n;
    this.numbers[1] = 17;
    this.numbers[2] = 18;
    return native.addon.registerPlain(slot, offset, length, 0, 0);
  }
}

/** The facts of a device that can do everything. */
export const fullFacts: DeviceFacts = {
  driver: 'fake',
  mostRequests: 64,
  responderDepth: 16,
  initiatorDepth: 16,
  atomics: 'device',
  memoryWindows: true,
  flushVisible: true,
  flushPersistent: true,
  atomicWrite: true,
  onDemand: ['write', 'read'],
  reasons: [],
  active: true,
  mtu: 5,
  longestMessage: 2 ** 20,
  lid: 0,
  isEthernet: true,
};

/** A domain of a {@link FakeDevice}. */
export function fakeDomain(device: FakeDevice, facts: Partial<DeviceFacts> = {}): OpenDomain {
  const address = { index: 0, gid: Buffer.alloc(16, 1) };
  return Reflect.construct(OpenDomain, [device, 1, 'fake0', 1, { ...fullFacts, ...facts }, address]) as OpenDomain;
}

/** What register({ domain }) takes. `isSound`: the kernel refuses unsound pins; default: as this kernel does. */
export function domainOption(domain: OpenDomain, isSound?: boolean): RegistrationDomain {
  return { [PROVIDER]: new VerbsProvider(domain, isSound) };
}
