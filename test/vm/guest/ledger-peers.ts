import { readFileSync } from 'node:fs';
import { anonymous, map, type Registration } from '../../../lib/index.js';
import { RemoteMemory, VerbsDomain, type Endpoint } from '../../../lib/rdma/index.js';
import { LENGTH, type Arena, type Ground } from '../../ledger/arena.js';
import type { Admission } from '../../ledger/holder.js';
import type { Outcome, OwnerProcess } from '../../ledger/owner-process.js';

const PAGE = 4096;
const OF_PEER = 0xcc;
const AT_ONCE = 4;
const TIMEOUT = 500;
const PATIENCE = 60_000;

/** The client: it has bytes to write. */
export class Source {
  readonly domain = VerbsDomain.open();
  private readonly memory = anonymous(PAGE);
  readonly registration: Registration;

  constructor() {
    this.memory.fill(OF_PEER);
    this.registration = this.memory.register({ domain: this.domain, access: ['local-write'] });
  }

  close(): void {
    this.registration.deregister();
    this.memory.close();
    this.domain.close();
  }
}

/** Writes pages into the memory of one registration, until its endpoint fails. */
export class Peer {
  private readonly remote: RemoteMemory;
  private endpoint: Endpoint;
  private writing: Promise<string>;
  /** Why it has stopped: the code of an error. */
  stopped: string | undefined;
  count = 0;

  constructor(
    private readonly source: Source,
    descriptor: string,
  ) {
    this.remote = RemoteMemory.from(Buffer.from(descriptor, 'hex'));
    this.endpoint = this.connectable();
    this.writing = Promise.resolve('');
  }

  private connectable(): Endpoint {
    return this.source.domain.endpoint({ timeout: TIMEOUT });
  }

  /** What the owner needs to connect. */
  get blob(): string {
    return this.endpoint.local.toString('hex');
  }

  /** Connects to the owner, which is connected. */
  start(blob: string): void {
    this.endpoint.connect(Buffer.from(blob, 'hex'));
    this.stopped = undefined;
    const writers = Array.from({ length: AT_ONCE }, (_, i) => this.write(i));
    this.writing = Promise.all(writers).then(([code = '']) => (this.stopped = code));
  }

  /** A new endpoint after a failure. */
  renew(): void {
    this.endpoint.close();
    this.endpoint = this.connectable();
  }

  private async write(first: number): Promise<string> {
    const pages = this.remote.length / PAGE;
    for (let page = first % pages; ; page = (page + 1) % pages) {
      try {
        await this.endpoint.write(this.source.registration, 0, this.remote, page * PAGE, PAGE);
        this.count++;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? String(error);
      }
    }
  }

  /** Waits until it has stopped. @returns why; undefined: it goes on. */
  async end(): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), PATIENCE)));
    const code = await Promise.race([this.writing, late]);
    clearTimeout(timer);
    return code;
  }

  close(): void {
    this.endpoint.close();
  }
}

/** @returns how many bytes of a peer are in the bytes. */
export function bytesOfPeer(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte === OF_PEER) count++;
  return count;
}

function bytesOf({ path, isDevice }: Ground): Buffer {
  if (!isDevice) return readFileSync(path);
  using mapping = map(path, { length: LENGTH });
  return Buffer.from(mapping.buffer);
}

/** Registrations with a device of soft RoCE, and a peer for each that writes all the time. */
export class RdmaArena implements Arena {
  private readonly source = new Source();
  private readonly peers = new Map<number, Peer>();
  /** Pages that peers have written. */
  written = 0;

  constructor(readonly grounds: readonly Ground[]) {}

  async welcome(owner: OwnerProcess): Promise<void> {
    await owner.must('openDomain');
  }

  farewell(): void {
    for (const id of [...this.peers.keys()]) this.drop(id);
  }

  private drop(id: number): void {
    const peer = this.peers.get(id);
    this.written += peer?.count ?? 0;
    peer?.close();
    this.peers.delete(id);
  }

  async register(
    owner: OwnerProcess,
    slot: number,
    { offset, length }: { readonly offset: number; readonly length: number },
  ): Promise<Outcome<Admission> & { readonly failures: number }> {
    const { path, isDevice } = this.grounds[slot]!;
    const outcome = await owner.ask('registerForPeer', [slot, offset, length], isDevice ? undefined : path);
    const { id, descriptor, blob } = outcome.value ?? {};
    if (id !== undefined && descriptor !== undefined && blob !== undefined) {
      const peer = new Peer(this.source, descriptor);
      await owner.must('connect', id, peer.blob);
      peer.start(blob);
      this.peers.set(id, peer);
    }
    return { ...outcome, failures: 0 };
  }

  async heard(ids: readonly number[] = [...this.peers.keys()]): Promise<string[]> {
    const wrong: string[] = [];
    for (const id of ids) {
      if ((await this.peers.get(id)?.end()) === undefined) wrong.push(`the peer of registration ${id} goes on`);
      this.drop(id);
    }
    return wrong;
  }

  check(ground: Ground): string[] {
    const count = bytesOfPeer(bytesOf(ground));
    return count === 0 ? [] : [`${count} bytes of a peer are in ${ground.path}`];
  }

  /** The end of another registration has cut them off, too: they connect again. */
  async tend(owner: OwnerProcess, ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const peer = this.peers.get(id);
      if (peer?.stopped === undefined) continue;
      peer.renew();
      const blob = await owner.must('endpointFor', id);
      await owner.must('connect', id, peer.blob);
      peer.start(blob);
    }
  }

  close(): void {
    this.farewell();
    this.source.close();
  }
}
