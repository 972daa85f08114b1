import { writeFileSync } from 'node:fs';
import { map, seals } from '../../lib/index.js';
import { hasSealLockInProc } from '../../lib/seals/proc-locks.js';
import { inodeAt } from '../../lib/storage/inode-id.js';
import { eventually } from '../process/children/inspect.js';
import { Random } from '../support/random.js';
import { LENGTH, OF_STRANGER, type Arena, type Ground } from './arena.js';
import { OwnerProcess } from './owner-process.js';
import { Shadow } from './shadow.js';
import { strangers } from './strangers.js';

const PAGE = 4096;
const DEADLINE = 40; // of each seal, in milliseconds
const BLOCK = 300;
const MOST = 4; // registrations of one mapping
const REPORT_EVERY = 100; // steps

/** What a session has done. */
export interface Figures {
  steps: number;
  lives: number;
  kills: number;
  registrations: number;
  letIn: number;
}

/** Random operations of one owner after another, each compared with a shadow of it. The same seed does the same. */
export class Session {
  readonly figures: Figures = { steps: 0, lives: 0, kills: 0, registrations: 0, letIn: 0 };
  private readonly random: Random;
  private readonly shadows: Shadow[];
  private owner!: OwnerProcess;
  /** The last steps, for a failure. */
  private readonly log: string[] = [];

  constructor(
    readonly seed: number,
    private readonly arena: Arena,
  ) {
    this.random = new Random(seed);
    this.shadows = arena.grounds.map(({ isDevice }) => new Shadow(isDevice));
  }

  /**
   * @param report Gets the figures after each {@link REPORT_EVERY} steps.
   * @throws at the first difference, with the seed and the last steps.
   */
  async run(steps: number, report: (figures: Figures) => void = () => undefined): Promise<Figures> {
    try {
      await this.begin();
      while (this.figures.steps < steps) {
        await this.step();
        if (this.figures.steps % REPORT_EVERY === 0) report(this.figures);
      }
      await this.end('exit');
      return this.figures;
    } catch (error) {
      throw new Error(
        `seed ${this.seed}, step ${this.figures.steps}: ${(error as Error).message}\n${this.log.slice(-15).join('\n')}`,
        { cause: error },
      );
    } finally {
      await this.owner.killed();
      this.arena.farewell();
    }
  }

  private expect(what: string, seen: unknown, wanted: unknown): void {
    if (isSame(seen, wanted)) return;
    throw new Error(`${what}: ${JSON.stringify(seen)} in place of ${JSON.stringify(wanted)}`);
  }

  private async begin(): Promise<void> {
    for (const ground of this.arena.grounds) if (!ground.isDevice) writeFileSync(ground.path, Buffer.alloc(LENGTH));
    this.owner = new OwnerProcess(this.random.of(['worker', 'main']));
    this.figures.lives++;
    await this.arena.welcome(this.owner);
  }

  private async step(): Promise<void> {
    this.figures.steps++;
    const slot = this.random.below(this.shadows.length);
    const action = this.random.of(this.actionsFor(this.shadows[slot]!));
    this.log.push(`${this.figures.steps}: ${action} ${slot} in ${this.owner.place}: ${this.shadows[slot]!.toString()}`);
    await this.actions[action](slot);
    this.expect('the watch', this.owner.wrong, []);
    if (this.shadows[slot]!.isMapped) await this.compare(slot);
  }

  /** What makes a difference now. What is refused makes one, too. */
  private actionsFor({ isMapped, isFenced, isDevice, seal, sealState, registrations }: Shadow): readonly Action[] {
    if (this.random.below(25) === 0) return ENDS;
    if (!isMapped) return ['map'];
    if (isFenced) return ['close', 'close', 'register'];
    if (isDevice) return ['register', 'register', 'deregister', 'release', 'close'];
    if (seal === 'none') return ['seal', 'seal', 'seal', 'register', 'close', 'breakByOther'];
    const ways: Action[] = ['breakByOwner', 'breakByOther'];
    if (seal.endsWith('lease')) ways.push('intrude');
    if ((seal === 'advisory' || seal === 'refuse') && sealState === 'held') ways.push('violate');
    const wanted: Action[] = registrations.size < MOST ? ['register', 'register', 'register'] : ['deregister'];
    return [...wanted, ...wanted, 'deregister', 'release', 'close', ...ways];
  }

  private isLocked(slot: number): boolean | undefined {
    const { dev, ino } = inodeAt(this.arena.grounds[slot]!.path);
    return hasSealLockInProc(dev, ino, 'sealed');
  }

  private async compare(slot: number): Promise<void> {
    const shadow = this.shadows[slot]!;
    const ids = shadow.validIds;
    const wanted = {
      valid: ids,
      registrations: this.shadows.reduce((sum, { registrations }) => sum + registrations.size, 0),
      faulted: shadow.isFenced,
      seals: shadow.isSealed ? [shadow.sealState] : [],
    };
    let seen: unknown;
    const isRight = async (): Promise<boolean> => {
      seen = await this.owner.must('look', slot);
      return isSame(seen, wanted);
    };
    // Notices come in a later turn of the loop.
    for (let left = 500; !(await isRight()); left--) {
      if (left === 0) this.expect('the owner sees', seen, wanted);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (!shadow.isDevice) this.expect('the file is sealed', this.isLocked(slot), shadow.isSealed);
    await this.arena.tend(
      this.owner,
      this.shadows.flatMap(({ validIds }) => validIds),
    );
  }

  // ---- What the owner does ----

  private async map(slot: number): Promise<void> {
    await this.owner.must('map', slot, this.arena.grounds[slot]!.path, LENGTH);
    this.shadows[slot]!.isMapped = true;
  }

  private async seal(slot: number): Promise<void> {
    const shadow = this.shadows[slot]!;
    const kind = this.random.of(['lease', 'lease', 'advisory', 'refuse', 'refuse, lease'] as const);
    const policy = kind.startsWith('refuse') ? 'refuse' : 'breakable';
    const enforcement = kind.endsWith('lease') ? 'lease' : 'advisory';
    await this.owner.must('seal', slot, { policy, enforcement, deadline: DEADLINE });
    shadow.seal = kind;
  }

  private async register(slot: number): Promise<void> {
    const shadow = this.shadows[slot]!;
    const offset = this.random.below(LENGTH / PAGE) * PAGE;
    const length = (1 + this.random.below((LENGTH - offset) / PAGE)) * PAGE;
    const { value, code, failures } = await this.arena.register(this.owner, slot, { offset, length }, this.random);
    this.expect('register()', code, shadow.refusal);
    if (value === undefined) return;
    shadow.register(value.id, failures);
    this.figures.registrations++;
  }

  private async deregister(slot: number): Promise<void> {
    const shadow = this.shadows[slot]!;
    const ids = [...shadow.registrations.keys()];
    if (ids.length === 0) return;
    const id = this.random.of(ids);
    const { code } = await this.owner.ask('deregister', [id]);
    this.expect('deregister()', code, shadow.deregister(id));
    if (code !== undefined) return;
    await this.hear([id]);
    if (!shadow.isSealed) await this.letIn(slot, () => storeAll(this.arena.grounds[slot]!));
  }

  private async release(slot: number): Promise<void> {
    const { code } = await this.owner.ask('release', [slot]);
    this.expect('release()', code, this.shadows[slot]!.release());
  }

  private async close(slot: number): Promise<void> {
    const { code } = await this.owner.ask('close', [slot]);
    this.expect('close()', code, this.shadows[slot]!.close());
  }

  // ---- Who wants the file ----

  /** The peers of these registrations, or all of them, hear that they have ended. */
  private async hear(ids?: readonly number[]): Promise<void> {
    this.expect('the peers', await this.arena.heard(ids), []);
  }

  /** Runs what lets another user of the file in. After it no byte of a peer may come. */
  private async letIn(slot: number, enter: (path: string) => Promise<void>): Promise<void> {
    const ground = this.arena.grounds[slot]!;
    const before = [...this.shadows[slot]!.registrations.keys()];
    await enter(ground.path);
    const ended = before.filter((id) => !this.shadows[slot]!.registrations.has(id));
    await this.hear(ended);
    const { registrations, isSealed, sealState } = this.shadows[slot]!;
    const isRefused = isSealed && sealState === 'held'; // a look at the file would itself ask for a lease to end
    if (registrations.size > 0 || isRefused) return;
    this.expect('the file', this.arena.check(ground), []);
    this.figures.letIn++;
  }

  private async breakByOwner(slot: number): Promise<void> {
    await this.letIn(slot, async (path) => {
      const { code } = await this.owner.ask('requestBreak', [path, DEADLINE / 2]);
      this.expect('requestBreak() in the owner', code, this.shadows[slot]!.breakByOwner());
      if (code === undefined) await strangers.store(path);
    });
  }

  /** Blocks the owner now and then. @returns the end of that. */
  private async block(): Promise<unknown> {
    return this.random.below(3) === 0 ? this.owner.must('block', BLOCK) : undefined;
  }

  private async breakByOther(slot: number): Promise<void> {
    const blocked = this.block();
    await this.letIn(slot, async (path) => {
      const code = await seals.requestBreak(path).then(
        () => undefined,
        (error: NodeJS.ErrnoException) => error.code ?? error.stack,
      );
      this.expect('requestBreak() of another process', code, this.shadows[slot]!.breakByOther());
      if (code === undefined) await strangers.store(path);
    });
    await blocked;
  }

  /** A program that knows nothing of seals opens the file, and waits for the lease. */
  private async intrude(slot: number): Promise<void> {
    const blocked = this.block();
    await this.letIn(slot, async (path) => {
      await this.random.of([strangers.store, strangers.truncate])(path);
      this.shadows[slot]!.giveWay();
    });
    await blocked;
  }

  /** Nothing stops such a program without a lease. The owner finds it when it looks. */
  private async violate(slot: number): Promise<void> {
    const shadow = this.shadows[slot]!;
    await this.letIn(slot, async (path) => {
      await strangers.truncate(path);
      await this.owner.must('verify', slot);
      shadow.violate();
    });
  }

  // ---- The end of the owner ----

  private async restart(way: 'terminate' | 'exit' | 'kill'): Promise<void> {
    if (way === 'terminate' && this.owner.place === 'main') return;
    await this.end(way);
    await this.begin();
  }

  private async end(way: 'terminate' | 'exit' | 'kill'): Promise<void> {
    const isConfirmed = way !== 'terminate' || (await this.terminate());
    if (way === 'kill') this.figures.kills++;
    if (way === 'exit') await this.owner.exit();
    else if (way === 'kill' || !isConfirmed) await this.owner.killed();
    await this.intrudeAfterEnd();
    this.expect('the watch', this.owner.wrong, []);
    await this.owner.killed();
    this.arena.farewell();
    for (const shadow of this.shadows) shadow.forget();
  }

  /** @returns false: an end was not confirmed, so every seal of the thread stays until the process ends. */
  private async terminate(): Promise<boolean> {
    const sealed = this.shadows.map(({ isSealed }) => isSealed);
    await this.owner.terminate();
    const isConfirmed = !this.shadows.map((shadow) => shadow.endThread()).includes(false);
    for (const [slot, shadow] of this.shadows.entries()) {
      if (shadow.isDevice) continue;
      this.expect('a file is sealed after terminate()', this.isLocked(slot), sealed[slot] === true && !isConfirmed);
    }
    return isConfirmed;
  }

  private async intrudeAfterEnd(): Promise<void> {
    const { grounds } = this.arena;
    for (const [slot, ground] of grounds.entries()) {
      if (!ground.isDevice) await eventually('the file is not sealed', () => this.isLocked(slot) === false);
      await storeAll(ground);
    }
    await this.hear();
    for (const ground of grounds) this.expect('a file', this.arena.check(ground), []);
  }

  private readonly actions: Readonly<Record<Action, (slot: number) => Promise<void>>> = {
    map: (slot) => this.map(slot),
    seal: (slot) => this.seal(slot),
    register: (slot) => this.register(slot),
    deregister: (slot) => this.deregister(slot),
    release: (slot) => this.release(slot),
    close: (slot) => this.close(slot),
    breakByOwner: (slot) => this.breakByOwner(slot),
    breakByOther: (slot) => this.breakByOther(slot),
    intrude: (slot) => this.intrude(slot),
    violate: (slot) => this.violate(slot),
    terminate: () => this.restart('terminate'),
    exit: () => this.restart('exit'),
    kill: () => this.restart('kill'),
  };
}

/** Plain data, which may have come from another process. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Another user stores over all of a file that is not sealed. */
async function storeAll({ path, isDevice }: Ground): Promise<void> {
  if (!isDevice) {
    await strangers.store(path);
    return;
  }
  using mapping = map(path, { length: LENGTH });
  mapping.fill(OF_STRANGER.charCodeAt(0), 0, LENGTH);
}

type Action =
  | 'map'
  | 'seal'
  | 'register'
  | 'deregister'
  | 'release'
  | 'close'
  | 'breakByOwner'
  | 'breakByOther'
  | 'intrude'
  | 'violate'
  | 'terminate'
  | 'exit'
  | 'kill';

const ENDS: readonly Action[] = ['terminate', 'exit', 'kill', 'kill'];
