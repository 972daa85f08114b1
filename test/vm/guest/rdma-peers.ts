import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { map, type Mapping, type Registration } from '../../../lib/index.js';
import { RemoteMemory, VerbsDomain, type Endpoint, type EndpointOptions } from '../../../lib/rdma/index.js';
import type { OwnerCommands, Registered, RegisterRequest } from './rdma-owner.js';

/** Bytes that show a wrong place: no two ranges are alike. */
export function numbered(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(at ^ 0x5bd1e995, at);
  return bytes;
}

/** A new file of zeros. */
export function fresh(file: string, length = 2 ** 20): string {
  rmSync(file, { force: true });
  writeFileSync(file, Buffer.alloc(length));
  return file;
}

type Answer = { readonly id: number; readonly value?: unknown; readonly error?: string };

interface OwnerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** 'rdma-unlisted-owner' has fewer commands. */
  readonly program?: 'rdma-owner' | 'rdma-unlisted-owner';
  readonly args?: readonly string[];
}

/** The process that owns the memory. */
export class Owner {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private count = 0;

  constructor({ env = {}, program = 'rdma-owner', args = [] }: OwnerOptions = {}) {
    this.child = fork(join(__dirname, `${program}.js`), args, { env: { ...process.env, ...env } });
    this.child.on('message', (answer: Answer) => {
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
  }

  async run<Name extends keyof OwnerCommands>(
    name: Name,
    ...args: Parameters<OwnerCommands[Name]>
  ): Promise<Awaited<ReturnType<OwnerCommands[Name]>>> {
    const id = this.count++;
    const answered = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    this.child.send({ id, name, args });
    const { value, error } = await answered;
    if (error !== undefined) throw new Error(`the owner: ${error}`);
    return value as Awaited<ReturnType<OwnerCommands[Name]>>;
  }

  /** The one before, if it still runs; else a new process, which takes seconds in a guest. */
  static from(before: Owner | undefined, options?: OwnerOptions): Owner {
    return before?.isAlive === true ? before : new Owner(options);
  }

  /** Ends its registration: the next test can use this process. */
  async reset(): Promise<void> {
    if (this.isAlive) await this.run('close');
  }

  private get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async kill(): Promise<void> {
    if (!this.isAlive) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

/** Both ends of a connection: the owner in its process, the client in this one. */
export interface Pair extends Registered {
  readonly remote: RemoteMemory;
  readonly endpoint: Endpoint;
}

/** The client: a domain and registered memory of its own. */
export class Client {
  readonly domain = VerbsDomain.open();
  readonly mapping: Mapping;
  readonly registration: Registration;

  constructor(path: string) {
    this.mapping = map(path);
    this.registration = this.mapping.register({ domain: this.domain, access: ['local-write'] });
  }

  async connect(owner: Owner, request: RegisterRequest, options: EndpointOptions = {}): Promise<Pair> {
    const registered = await owner.run('register', request);
    const endpoint = this.domain.endpoint({ timeout: 1000, ...options });
    await owner.run('connect', endpoint.local.toString('hex'));
    endpoint.connect(Buffer.from(registered.blob, 'hex'));
    return { ...registered, endpoint, remote: RemoteMemory.from(Buffer.from(registered.descriptor, 'hex')) };
  }

  /** One more connection to the memory of a pair. */
  async reconnect(owner: Owner, accept: RegisterRequest['accept'] = []): Promise<Endpoint> {
    const blob = await owner.run('again', accept);
    const endpoint = this.domain.endpoint({ timeout: 1000 });
    await owner.run('connect', endpoint.local.toString('hex'));
    endpoint.connect(Buffer.from(blob, 'hex'));
    return endpoint;
  }

  close(): void {
    this.registration.deregister();
    this.mapping.close();
    this.domain.close();
  }
}
