import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import {
  anonymous,
  constants,
  map,
  WriterLock,
  type Mapping,
  type MappingHandle,
  type MapOptions,
} from '../../lib/index.js';
import { Random } from '../support/random.js';

const { PAGE_SIZE } = constants;
export const FILE_LENGTH = 16 * PAGE_SIZE + 100;

/** The files. Any call may map, change, empty or seal them. */
export const fileNames = ['file-0', 'file-1', 'file-2'] as const;

const kinds: readonly (() => Mapping)[] = [
  ...(['native', 'emulated'] as const).flatMap((backend) =>
    (['write', 'write', 'read', 'copy'] as const).map(
      (access, i) => () => map(fileNames[i % 3]!, { backend, access } satisfies MapOptions),
    ),
  ),
  () => map(fileNames[1], { backend: 'native', reserve: 64 * PAGE_SIZE }),
  () => map(fileNames[2], { backend: 'native', direct: 'auto' }),
  () => anonymous(5 * PAGE_SIZE, { name: 'fuzz' }),
];

/** Closes the mapping, or leaves it to garbage collection: a SharedArrayBuffer that is not collected yet pins it. */
function closeOrDrop(mapping: Mapping): void {
  try {
    mapping.close();
  } catch (error) {
    if ((error as { code?: string }).code !== 'EBUSY') throw error;
  }
}

/** The objects that the calls of one child process use, in the current directory. They are renewed all the time. */
export class World {
  readonly random: Random;
  readonly mappings: Mapping[] = [];
  readonly closed: Mapping;
  handle: MappingHandle | undefined;
  /** A descriptor of each file. */
  readonly descriptors: number[] = [];
  /** Objects with an end: seals, pins, registrations, locks. */
  private readonly held: Disposable[] = [];
  /** One of each class whose objects have an end. */
  private readonly ended: readonly Disposable[];

  constructor(seed: number) {
    this.random = new Random(seed);
    mkdirSync('folder', { recursive: true });
    for (const name of fileNames) {
      writeFileSync(name, Buffer.alloc(FILE_LENGTH, name));
      this.descriptors.push(openSync(name, 'r+'));
    }
    this.closed = map(fileNames[0]);
    this.ended = [
      this.closed.seal(),
      this.closed.pin(),
      this.closed.register({ provider: 'lock' }),
      WriterLock.acquire(fileNames[0]),
    ];
    for (const object of [...this.ended].reverse()) object[Symbol.dispose]();
    this.closed.close();
    this.renew();
  }

  /** A mapping that is open, as a rule: a call before this one may have closed it. */
  get mapping(): Mapping {
    return this.random.of(this.mappings);
  }

  /** A view of one of the mappings; it is empty if that mapping is closed. */
  get view(): Buffer {
    const { mapping } = this;
    return mapping.closed ? Buffer.alloc(0) : mapping.view(0, Math.min(100, mapping.length));
  }

  /** Closes one of the mappings; true if that was possible. */
  closeOne(): boolean {
    try {
      this.mapping.close();
      return true;
    } catch {
      return false; // pinned
    }
  }

  hold(object: Disposable): void {
    this.held.push(object);
    if (this.held.length > 20) this.endHeld();
  }

  /** The newest object of this class: one that is held, or one that has ended. */
  anyOf(prototype: object): object {
    const found = [...this.ended, ...this.held].reverse().find((object) => Object.getPrototypeOf(object) === prototype);
    if (found === undefined) throw new Error(`World.ended lacks an object of ${prototype.constructor.name}`);
    return found;
  }

  endHeld(): void {
    for (const object of this.held.splice(0)) object[Symbol.dispose]();
  }

  /** Mapping `at` is replaced, if it is closed or its turn has come. */
  replace(at: number): void {
    const old = this.mappings[at];
    if (old !== undefined && !old.closed) {
      this.endHeld();
      closeOrDrop(old);
    }
    this.restore();
    try {
      this.mappings[at] = kinds[at]!();
    } catch (error) {
      // An asynchronous call has emptied or sealed the file at this moment. The closed one stays for a while.
      if (old === undefined || (error as { code?: string }).code === undefined) throw error;
    }
  }

  /** New mappings in place of closed ones. */
  replaceClosed(): void {
    this.mappings.forEach((mapping, at) => {
      if (mapping.closed) this.replace(at);
    });
  }

  /** New mappings in place of closed ones, and one in place of an open one. */
  renew(): void {
    const turn = this.random.below(kinds.length);
    for (let at = 0; at < kinds.length; at++) {
      if (at === turn || this.mappings[at]?.closed !== false) this.replace(at);
    }
    if (!this.mappings[0]!.closed) this.handle = this.mappings[0]!.share();
  }

  /** Gives the files their length again. The bytes that they lose and get are faults of their mappings. */
  private restore(): void {
    for (const name of fileNames) truncateSync(name, FILE_LENGTH);
  }

  end(): void {
    this.endHeld();
    for (const mapping of this.mappings) closeOrDrop(mapping);
    for (const fd of this.descriptors) closeSync(fd);
  }
}
