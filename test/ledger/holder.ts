// The thread that has the mappings and registrations of a session: a worker of owner.ts, or its main thread. It does
// the commands of the messages.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Rehearsal } from '../../lib/backend/registrations.js';
import {
  anonymous,
  map,
  seals,
  stats,
  type Mapping,
  type Registration,
  type RegistrationDomain,
  type SealOptions,
} from '../../lib/index.js';
import { VerbsDomain, type Endpoint } from '../../lib/rdma/index.js';
import { LockProvider } from '../../lib/registration/lock-provider.js';
import { PROVIDER, providerOf, type RegistrationProvider } from '../../lib/registration/provider.js';
import { ledger } from '../registration/rehearsed.js';

const PEER = ['remote-write'] as const;
const TIMEOUT = 1000;

/** What a command of registering gives. `id`: of the ledger. The other two: for a peer. */
export interface Admission {
  readonly id: number;
  readonly descriptor?: string;
  readonly blob?: string;
}

/** What the thread sees of itself. */
export interface Sight {
  /** The ids of the registrations that are valid. */
  readonly valid: readonly number[];
  /** Whose end is not confirmed, in all mappings of the thread. */
  readonly registrations: number;
  readonly faulted: boolean;
  /** The states of the seals that are not broken. */
  readonly seals: readonly string[];
}

interface Registered {
  readonly slot: number;
  readonly registration: Registration;
  endpoint: Endpoint | undefined;
}

const mappings = new Map<number, Mapping>();
const registered = new Map<number, Registered>();
let domain: VerbsDomain | undefined;

function mappingOf(slot: number): Mapping {
  const mapping = mappings.get(slot);
  if (mapping === undefined) throw new Error(`slot ${slot} has no mapping`);
  return mapping;
}

/** A domain that notes the ids which its provider gives. */
function noting(provider: RegistrationProvider, note: (id: number) => void): RegistrationDomain {
  return {
    [PROVIDER]: {
      name: provider.name,
      register: (request) => {
        const made = provider.register(request);
        note(made.id);
        return made;
      },
    } satisfies RegistrationProvider,
  };
}

function enter(slot: number, provider: RegistrationProvider, offset: number, length: number, peer: boolean): number {
  let id = 0;
  const noted = noting(provider, (given) => (id = given));
  const access = peer ? PEER : undefined;
  const registration = mappingOf(slot).register({ domain: noted, offset, length, ...(access && { access }) });
  registered.set(id, { slot, registration, endpoint: undefined });
  return id;
}

function endpointFor(id: number): string {
  const entry = registered.get(id);
  if (entry === undefined || domain === undefined) throw new Error(`nothing is registered as ${id}`);
  entry.endpoint?.close();
  entry.endpoint = domain.endpoint({ accept: PEER, timeout: TIMEOUT });
  return entry.endpoint.local.toString('hex');
}

const commands = {
  openDomain(): void {
    domain = VerbsDomain.open();
  },
  /** Devices with pinned memory, which the kernel takes some time to end. */
  ballast(count: number, length: number): void {
    for (let i = 0; i < count; i++) anonymous(length).register({ domain: VerbsDomain.open(), access: PEER });
  },
  map(slot: number, path: string, length: number): void {
    mappings.set(slot, map(path, { length }));
  },
  seal(slot: number, options: SealOptions): void {
    mappingOf(slot).seal(options);
  },
  /** Without a device. */
  register(slot: number, offset: number, length: number, rehearsal: Rehearsal): Admission {
    return { id: enter(slot, new LockProvider(ledger(), rehearsal), offset, length, false) };
  },
  registerForPeer(slot: number, offset: number, length: number): Admission {
    const provider = providerOf(domain);
    if (provider === undefined) throw new Error('no domain is open');
    const id = enter(slot, provider, offset, length, true);
    const descriptor = registered.get(id)!.registration.descriptor().toString('hex');
    return { id, descriptor, blob: endpointFor(id) };
  },
  endpointFor,
  connect(id: number, blob: string): void {
    registered.get(id)?.endpoint?.connect(Buffer.from(blob, 'hex'));
  },
  deregister(id: number): void {
    const entry = registered.get(id);
    entry?.registration.deregister();
    entry?.endpoint?.close();
    registered.delete(id);
  },
  /** Every seal of the mapping. */
  release(slot: number): void {
    for (const seal of mappingOf(slot).seals) seal.release();
  },
  verify(slot: number): void {
    for (const seal of mappingOf(slot).seals) seal.verify();
  },
  close(slot: number): void {
    mappingOf(slot).close();
    mappings.delete(slot);
    for (const [id, entry] of [...registered]) {
      if (entry.slot !== slot) continue;
      entry.endpoint?.close();
      registered.delete(id);
    }
  },
  async requestBreak(path: string, deadline: number): Promise<void> {
    await seals.requestBreak(path, { deadline });
  },
  /** Blocks the event loop. */
  block(milliseconds: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  },
  async look(slot: number): Promise<Sight> {
    await nextTurn(); // the notices of native threads
    const mapping = mappings.get(slot);
    const valid = [...registered].filter(([, { registration }]) => registration.valid);
    return {
      valid: valid.flatMap(([id, entry]) => (entry.slot === slot ? [id] : [])),
      registrations: stats().registrations,
      faulted: mapping?.faulted ?? false,
      seals: mapping?.seals.flatMap(({ state }) => (state === 'broken' ? [] : [state])) ?? [],
    };
  },
};

export type Commands = typeof commands;

export interface Request {
  readonly number: number;
  readonly name: keyof Commands;
  readonly args: readonly unknown[];
}

/** `code`: of an error, or its text if it has none. */
export interface Answer {
  readonly number: number;
  readonly value?: unknown;
  readonly code?: string;
}

export async function answer({ number, name, args }: Request): Promise<Answer> {
  try {
    const run = commands[name] as (...given: readonly unknown[]) => unknown;
    return { number, value: await run(...args) };
  } catch (error) {
    const { code, stack } = error as NodeJS.ErrnoException;
    return { number, code: code ?? stack ?? String(error) };
  }
}
