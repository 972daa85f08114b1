// A process that owns registered memory, for the proofs on soft RoCE. It does the commands of its messages.
import { inspect } from 'node:util';
import { anonymous, map, seals, type Mapping, type SealOptions } from '../../../lib/index.js';
import { VerbsDomain, type Endpoint, type RdmaAccess } from '../../../lib/rdma/index.js';
import type { RegisterOptions } from '../../../lib/index.js';
import { block, serve } from './rdma-commands.js';

type Access = NonNullable<RegisterOptions['access']>;

export interface RegisterRequest {
  /** undefined: a memfd. */
  readonly path?: string;
  readonly length: number;
  readonly access: Access;
  readonly accept?: readonly RdmaAccess[];
  readonly seal?: SealOptions;
}

export interface Registered {
  readonly descriptor: string;
  readonly blob: string;
  readonly onDemand: boolean;
  readonly reasons: readonly string[];
  readonly shown: string;
  readonly secrets: readonly string[];
}

interface State {
  domain: VerbsDomain;
  mapping: Mapping;
  registration: ReturnType<Mapping['register']>;
  endpoint: Endpoint;
}

let state: State | undefined;
let events: string[] = [];

function current(): State {
  if (state === undefined) throw new Error('register first');
  return state;
}

function registerOrClose(mapping: Mapping, options: RegisterOptions): State['registration'] {
  try {
    return mapping.register(options);
  } catch (error) {
    mapping.close();
    throw error;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const commands = {
  register({ path, length, access, accept = [], seal }: RegisterRequest): Registered {
    const domain = state?.domain ?? VerbsDomain.open();
    const mapping = path === undefined ? anonymous(length) : map(path, { length });
    if (seal !== undefined) mapping.seal(seal).on('broken', () => events.push('broken'));
    const registration = registerOrClose(mapping, { domain, access });
    events = [];
    registration.on('fenced', ({ reason }) => events.push(`fenced: ${reason}`));
    const endpoint = domain.endpoint({ accept, timeout: 1000 });
    state = { domain, mapping, registration, endpoint };
    const { remoteKey = 0, localKey = 0, address } = registration;
    const secrets = [remoteKey, localKey, address].flatMap((secret) => [String(secret), secret.toString(16)]);
    return {
      descriptor: hex(registration.descriptor()),
      blob: hex(endpoint.local),
      onDemand: registration.onDemand,
      reasons: registration.reasons,
      shown: inspect([registration, domain, endpoint], { depth: 9, showHidden: true }) + JSON.stringify(registration),
      secrets: secrets.filter((secret) => secret.length > 3),
    };
  },
  /** One more endpoint for the same memory. */
  again(accept: readonly RdmaAccess[]): string {
    const { domain, endpoint } = current();
    endpoint.close();
    current().endpoint = domain.endpoint({ accept, timeout: 1000 });
    return hex(current().endpoint.local);
  },
  connect(blob: string): void {
    current().endpoint.connect(Buffer.from(blob, 'hex'));
  },
  bytes(offset: number, length: number): string {
    return hex(current().mapping.view(offset, length));
  },
  persist(): void {
    current().mapping.persist();
  },
  block,
  deregister(): void {
    current().registration.deregister();
  },
  async requestBreak(path: string, deadline: number): Promise<void> {
    await seals.requestBreak(path, { deadline });
  },
  look(): { valid: boolean; seals: string[]; events: string[] } {
    const { registration, mapping } = current();
    return { valid: registration.valid, seals: mapping.seals.map((seal) => seal.state), events };
  },
  codeOf(name: 'closeDomain' | 'closeMapping'): string {
    const { domain, mapping } = current();
    try {
      if (name === 'closeDomain') domain.close();
      else mapping.close();
      return 'none';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  },
  /** A second call does nothing, as before register(). The domain stays. */
  close(): void {
    if (state === undefined) return;
    const { endpoint, registration, mapping } = state;
    endpoint.close();
    registration.deregister();
    mapping.close();
  },
};

export type OwnerCommands = typeof commands;

serve(commands);
