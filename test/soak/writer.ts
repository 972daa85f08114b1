// A process of the soak. It stores records, makes them durable and acknowledges each on standard output; in between it
// makes calls of every kind. Arguments: a JSON object. It ends when the control file says 'stop'.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import * as md from '../../lib/index.js';
import { asyncCalls, openedByNode } from '../support/async-calls.js';
import { Random } from '../support/random.js';
import { waitFor } from '../support/race.js';
import { Control } from './control.js';
import { FILE_LENGTH, IN_FLIGHT, record, SLOT, slotOf } from './records.js';
import { sample } from './samples.js';

export interface WriterTask {
  readonly control: string;
  readonly dir: string;
  readonly path: string;
  /** The number of the data file. */
  readonly file: number;
  /** The first record to write. */
  readonly next: number;
  readonly seed: number;
  /** A folder for calls whose descriptors Node.js loses. It is elsewhere, since they would hold the file system. */
  readonly lost: string;
  /** Milliseconds between two samples of what the process uses. 0: none. */
  readonly sampleEvery: number;
}

interface Helper {
  readonly folder: string;
  readonly lost: string;
  readonly seed: number;
}

const RETRY_MS = 5;
const PATIENCE = 40;
const WARM_CALLS = 64;
/** What a call may fail with here: the disk is full, the file is cut, sealed or busy, or there is an emulation. */
const FAILURES = new Set(
  'ENOSPC EFAULT EAGAIN EBUSY ETXTBSY ESTALE EINVAL EIO EOPNOTSUPP ERR_OUT_OF_RANGE ERR_MAPPING_FAULT'.split(' '),
);

/** The pipe may be full, and does not block. */
function say(line: string): void {
  for (let rest = Buffer.from(`${line}\n`); rest.length > 0;) {
    try {
      rest = rest.subarray(fs.writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      waitFor(1);
    }
  }
}

function mayFail(error: unknown): void {
  if (!FAILURES.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
}

/** One asynchronous call on files of its own. */
async function oneCall(call: string, folder: string): Promise<void> {
  const place = { path: join(folder, 'many'), own: join(folder, 'own') };
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(place.path, Buffer.alloc(65536, 1));
    await asyncCalls[call]?.(md, place);
  } catch (error) {
    mayFail(error);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const anyCall = (random: Random): string => random.of(Object.keys(asyncCalls));

async function help({ folder, lost, seed }: Helper): Promise<void> {
  for (const random = new Random(seed); ;) {
    const call = anyCall(random);
    await oneCall(call, openedByNode.has(call) ? lost : folder);
  }
}

type Store = (mapping: md.Mapping, records: readonly { bytes: Buffer; offset: number }[]) => void | Promise<void>;

/** Ways to make records durable. */
const stores: readonly Store[] = [
  (mapping, records) => records.forEach(({ bytes, offset }) => mapping.write(bytes, offset)),
  (mapping, records) => {
    for (const { bytes, offset } of records) mapping.write(bytes, offset, { drain: false });
    mapping.drain();
  },
  (mapping, records) => {
    for (const { bytes, offset } of records) {
      mapping.view(offset, bytes.length).set(bytes);
      mapping.persist(offset, bytes.length);
    }
  },
  (mapping, records) => {
    for (const { bytes, offset } of records) mapping.view(offset, bytes.length).set(bytes);
    mapping.persistRanges(records.map(({ bytes, offset }) => [offset, bytes.length] as const));
  },
  async (mapping, records) => {
    for (const { bytes, offset } of records) mapping.view(offset, bytes.length).set(bytes);
    await Promise.all(records.map(({ bytes, offset }) => mapping.persistAsync(offset, bytes.length)));
  },
  (mapping, records) => {
    for (const { bytes, offset } of records) mapping.view(offset, bytes.length).set(bytes);
    for (const { bytes, offset } of records) mapping.flush(offset, bytes.length);
    mapping.drain();
  },
];

class Writer {
  private readonly random: Random;
  private readonly control: Control;
  private mapping: md.Mapping | undefined;
  private next: number;
  private sampled = Date.now();

  constructor(private readonly task: WriterTask) {
    this.random = new Random(task.seed);
    this.control = new Control(task.control);
    this.next = task.next;
  }

  async live(): Promise<void> {
    if (this.task.sampleEvery > 0) await this.warmUp();
    for (;;) {
      const state = this.control.state;
      if (state !== 'run' || this.isSampleDue()) await this.rest();
      if (state === 'stop') return;
      await this.write(1 + this.random.below(IN_FLIGHT));
      if (this.random.below(20) === 0) this.close();
      if (this.random.below(10) === 0) await oneCall(anyCall(this.random), this.folder('main'));
      if (this.random.below(100) === 0) await this.useWorker();
    }
  }

  /** Makes every call once, many at a time, and a thread: what stays is there from now on. */
  private async warmUp(): Promise<void> {
    for (const call of Object.keys(asyncCalls)) await oneCall(call, this.folder('main'));
    await this.prefetchAtOnce().catch(mayFail);
    await this.useWorker();
  }

  private async prefetchAtOnce(): Promise<void> {
    const mapping = (this.mapping ??= this.open());
    await Promise.all(Array.from({ length: WARM_CALLS }, () => mapping.prefetch()));
  }

  private isSampleDue(): boolean {
    return this.task.sampleEvery > 0 && Date.now() > this.sampled + this.task.sampleEvery;
  }

  /** Closes everything, says what this process uses, and waits for the end of a pause. */
  private async rest(): Promise<void> {
    this.close();
    if (this.task.sampleEvery > 0) say(`sample ${JSON.stringify(await sample(this.task.lost))}`);
    this.sampled = Date.now();
    for (let said: number | undefined; ; await delay(RETRY_MS)) {
      const { pause } = this.control;
      if (pause === undefined) return;
      if (pause !== said) say(`paused ${pause}`);
      said = pause;
    }
  }

  private folder(name: string): string {
    return join(this.task.dir, `work-${this.task.file}-${name}`);
  }

  private open(): md.Mapping {
    return md.map(this.task.path, { length: FILE_LENGTH, populate: this.random.below(4) === 0 });
  }

  private close(): void {
    this.mapping?.close();
    this.mapping = undefined;
  }

  /** Stores so many records until they are durable, and acknowledges them. */
  private async write(count: number): Promise<void> {
    const records = Array.from({ length: count }, (_, i) => ({
      bytes: record(this.task.file, this.next + i),
      offset: slotOf(this.next + i) * SLOT,
    }));
    const store = this.random.of(stores);
    while (this.control.state === 'run') {
      const epoch = this.control.epochOf(this.task.file);
      try {
        this.mapping ??= this.open();
        await store(this.mapping, records);
        say(`durable ${this.next} ${count} ${epoch}`);
        this.next += count;
        return;
      } catch (error) {
        mayFail(error);
        say(`failed ${(error as NodeJS.ErrnoException).code} ${(error as { reason?: string }).reason ?? ''}`);
        await this.recover();
      }
    }
  }

  /** Maps the lost ranges again, when their cause is gone. */
  private async recover(): Promise<void> {
    for (let trial = 0; trial < PATIENCE && this.mapping?.faulted === true; trial++) {
      try {
        (this.mapping as md.Mapping & { remap?(): void }).remap?.();
        return;
      } catch (error) {
        mayFail(error);
        await delay(RETRY_MS);
      }
    }
    this.close();
    await delay(RETRY_MS);
  }

  /** A thread that is terminated in the middle of its calls. */
  private async useWorker(): Promise<void> {
    const helper: Helper = { folder: this.folder('thread'), lost: this.task.lost, seed: this.random.below(2 ** 31) };
    const worker = new Worker(__filename, { workerData: helper });
    const failed: unknown[] = [];
    worker.on('error', (error) => failed.push(error));
    await delay(this.random.below(200));
    await worker.terminate();
    if (failed.length > 0) throw failed[0];
    // A call of the thread that still runs may make a file meanwhile.
    for (const folder of [helper.folder, helper.lost])
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 10 });
  }
}

if (isMainThread) void new Writer(JSON.parse(process.argv[2] ?? '') as WriterTask).live();
else void help(workerData as Helper);
