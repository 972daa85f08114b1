/**
 * How a file is sealed. 'own': by register(). 'device': by the driver of device-dax. 'lease' and 'advisory' are
 * breakable, 'refuse' and 'refuse, lease' are not.
 */
export type SealKind = 'none' | 'own' | 'lease' | 'advisory' | 'refuse' | 'refuse, lease' | 'device';

/** A registration in the shadow. */
export interface ShadowRegistration {
  readonly id: number;
  /** So many attempts to end it fail. */
  failures: number;
  /** 'unfenced': an attempt to end it failed. */
  state: 'live' | 'unfenced';
}

/** How one file, its mapping, its seal and its registrations must be. Each method is an operation of the owner. */
export class Shadow {
  isMapped = false;
  seal: SealKind = 'none';
  sealState: 'held' | 'violated' = 'held';
  /** The seal gave way, and the pages of the mapping with it. */
  isFenced = false;
  readonly registrations = new Map<number, ShadowRegistration>();

  constructor(readonly isDevice: boolean) {}

  get isSealed(): boolean {
    return this.seal !== 'none';
  }

  /** The code of register(). */
  get refusal(): string | undefined {
    if (this.isFenced) return 'ERR_MAPPING_FAULT';
    return this.sealState === 'violated' ? 'ETXTBSY' : undefined;
  }

  register(id: number, failures: number): void {
    if (this.seal === 'none') this.seal = this.isDevice ? 'device' : 'own';
    this.registrations.set(id, { id, failures, state: 'live' });
  }

  deregister(id: number): string | undefined {
    const registration = this.registrations.get(id);
    if (registration === undefined) return undefined;
    if (!this.attempt(registration)) return 'EIO';
    this.releaseOwn();
    return undefined;
  }

  /** One attempt of the provider to end the registration. */
  private attempt(registration: ShadowRegistration): boolean {
    if (registration.failures > 0) {
      registration.failures--;
      registration.state = 'unfenced';
      return false;
    }
    this.registrations.delete(registration.id);
    return true;
  }

  /** One attempt for each. @returns false: an end is not confirmed. */
  private attemptAll(): boolean {
    for (const registration of [...this.registrations.values()]) this.attempt(registration);
    return this.registrations.size === 0;
  }

  private releaseOwn(): void {
    const isOwn = this.seal === 'own' || this.seal === 'device';
    if (isOwn && this.registrations.size === 0 && this.sealState !== 'violated') this.seal = 'none';
  }

  release(): string | undefined {
    if (this.seal === 'none') return undefined;
    if (this.registrations.size > 0) return 'EBUSY';
    this.seal = 'none';
    this.sealState = 'held';
    return undefined;
  }

  close(): string | undefined {
    if (this.registrations.size > 0) return 'EBUSY';
    this.forget();
    return undefined;
  }

  /** requestBreak() in the thread of the owner, after its deadline. */
  breakByOwner(): string | undefined {
    if (this.seal === 'none') return undefined;
    if (this.seal !== 'lease' && this.seal !== 'advisory') return 'ETXTBSY';
    if (!this.attemptAll()) {
      this.sealState = 'violated';
      return 'ETXTBSY';
    }
    this.giveWay();
    return undefined;
  }

  /** requestBreak() in another process. The native thread of a lease tries until all ends are confirmed. */
  breakByOther(): string | undefined {
    if (this.seal === 'none') return undefined;
    if (this.seal !== 'lease') return 'ETXTBSY';
    this.giveWay();
    return undefined;
  }

  /** At the deadline of a lease. The pages of a seal that is not breakable stay. */
  giveWay(): void {
    this.isFenced = this.seal !== 'refuse, lease';
    this.registrations.clear();
    this.seal = 'none';
    this.sealState = 'held';
  }

  /** Blocks have moved, and the owner has looked. The seal tells each registration, and each of them fences all. */
  violate(): void {
    for (const id of [...this.registrations.keys()]) if (this.registrations.has(id)) this.attemptAll();
    this.sealState = 'violated';
  }

  /** The thread ends. @returns false: an end is not confirmed. */
  endThread(): boolean {
    return this.attemptAll();
  }

  /** The process ends, or the mapping is closed. */
  forget(): void {
    this.registrations.clear();
    this.isMapped = false;
    this.isFenced = false;
    this.seal = 'none';
    this.sealState = 'held';
  }

  toString(): string {
    const registrations = [...this.registrations.values()].map(
      ({ id, state, failures }) => `${id} ${state} ${failures}`,
    );
    return `${this.seal} ${this.sealState}${this.isFenced ? ' fenced' : ''} [${registrations.join(', ')}]`;
  }

  get validIds(): number[] {
    return [...this.registrations.values()].filter(({ state }) => state === 'live').map(({ id }) => id);
  }
}
