import { checked, errno, systemError } from '../core/errors.js';
import { choosePort, type ChosenPort, type DomainRequest } from './choose-port.js';
import type { DeviceFacts } from './device-facts.js';
import { closedError } from './errors.js';
import { opened } from './open-error.js';
import { requireVerbs, type Verbs } from './verbs.js';

/** An open device with one protection domain. */
export class OpenDomain {
  private state: 'open' | 'closed' = 'open';

  private constructor(
    readonly verbs: Verbs,
    readonly id: number,
    readonly device: string,
    readonly port: number,
    readonly facts: DeviceFacts,
    private readonly address: ChosenPort['address'],
  ) {}

  /** @throws ERR_RDMA_UNAVAILABLE, ENODEV, EACCES, EOPNOTSUPP, EINVAL, and the errno of the library. */
  static open(request: DomainRequest): OpenDomain {
    const verbs = requireVerbs();
    const { device, port, facts, address } = choosePort(verbs, request);
    const id = opened(verbs.addon.rdmaOpen(device), device);
    return new OpenDomain(verbs, id, device, port, facts, address);
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
