// A process with few rights asks for RDMA: the answers, as JSON.
import { readFileSync } from 'node:fs';
import { anonymous } from '../../../lib/index.js';
import { rdma, VerbsDomain } from '../../../lib/rdma/index.js';
import { MIB, PAGE } from '../../support/sizes.js';

/** An error as it can be printed; undefined: there was none. */
export interface Refusal {
  readonly code?: string;
  readonly message: string;
}

export interface Refusals {
  /** libibverbs is loaded, after the import of the package and a registration without a device. */
  readonly loadedUnasked: boolean;
  readonly devices: number;
  readonly unavailable?: string;
  readonly open?: Refusal;
  /** A registration of so many bytes, in a domain and by mlock(2). */
  readonly page?: Refusal;
  readonly large?: Refusal;
  readonly locked?: Refusal;
}

function refusal(call: () => unknown): Refusal | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ...(code === undefined ? {} : { code }), message };
  }
}

const LARGE = 4 * MIB;
using memory = anonymous(LARGE);
const locked = refusal(() => memory.register({ length: LARGE }).deregister());
const loadedUnasked = readFileSync('/proc/self/maps', 'latin1').includes('libibverbs');
const devices = rdma.devices().length;
let domain: VerbsDomain | undefined;
const open = refusal(() => (domain = VerbsDomain.open()));
const register = (length: number): Refusal | undefined =>
  domain === undefined ? undefined : refusal(() => memory.register({ domain, length }).deregister());
const page = register(PAGE);
const large = register(LARGE);
domain?.close();
const { unavailable } = rdma;
const refusals: Partial<Record<keyof Refusals, unknown>> = {
  loadedUnasked,
  devices,
  unavailable,
  open,
  page,
  large,
  locked,
};
console.log(JSON.stringify(refusals));
