import { writeFileSync } from 'node:fs';
import { map, type Mapping } from '../../lib/index.js';

const PHASES = 4;
const FREE = 0;
const HELD = 2;
const WORDS_PER_SEALER = 2;
const SIZE = 4096;

/** The counted kinds of events. They show that a run was not empty. */
export type Count = 'sealed' | 'succeeded' | 'refused' | 'rightly refused' | 'succeeded unsealed';
const counts: readonly Count[] = ['sealed', 'succeeded', 'refused', 'rightly refused', 'succeeded unsealed'];

/** The phases of the sealers at one moment: pairs of words. */
export type Moment = readonly number[];

/** A judgement over one guarded operation. */
export type Verdict = 'fits' | 'succeeded while sealed' | 'refused while not sealed';

/**
 * The phases of sealers, visible to all without asking the package: words in memory that threads and processes
 * share, written by atomic operations only.
 *
 * Each sealer has two words. The first only grows, and its remainder by 4 is the phase:
 *
 *   0 free --before seal()--> 1 taking --after seal()--> 2 held --before release()--> 3 dropping --after release()--> 0
 *
 * so that in phase 2 the seal is certainly held, and in phase 0 certainly not. The second is odd while the sealer is
 * being killed. Nothing is certain of it then, until its killer has seen its end and has set the first word to free.
 *
 * An operation is judged by the words that did not change while it ran. The phases are not passed
 * through without a change of the word, so words that are equal were equal all the time.
 */
export class Witness implements Disposable {
  private readonly mapping: Mapping;
  private readonly words: Int32Array;
  private readonly counted: Int32Array;

  /** @param path - of a file made by prepare(), which all parties have mapped. */
  constructor(
    path: string,
    private readonly sealers = 1,
  ) {
    this.mapping = map(path);
    const words = new Int32Array(this.mapping.arrayBuffer());
    this.words = words.subarray(0, sealers * WORDS_PER_SEALER);
    this.counted = words.subarray(words.length - counts.length);
  }

  /** Makes the file. */
  static prepare(path: string): void {
    writeFileSync(path, Buffer.alloc(SIZE));
  }

  /** The sealer goes on to the next phase. */
  next(sealer = 0): void {
    Atomics.add(this.words, sealer * WORDS_PER_SEALER, 1);
  }

  /** From 'taking' back to 'free': there is no seal. In one step: it was never held. */
  fail(sealer = 0): void {
    Atomics.add(this.words, sealer * WORDS_PER_SEALER, PHASES - 1);
  }

  /** Before a sealer is killed. */
  doom(sealer: number): void {
    Atomics.add(this.words, sealer * WORDS_PER_SEALER + 1, 1);
  }

  /** When it is dead. */
  bury(sealer: number): void {
    const at = sealer * WORDS_PER_SEALER;
    const state = Atomics.load(this.words, at);
    Atomics.store(this.words, at, state + PHASES - (state % PHASES));
    Atomics.add(this.words, at + 1, 1);
  }

  now(): Moment {
    return Array.from(this.words, (_, at) => Atomics.load(this.words, at));
  }

  /** In which phases the sealers certainly were all the time since `before`; -1: it changed, or is being killed. */
  private phasesSince(before: Moment): number[] {
    const after = this.now();
    return Array.from({ length: this.sealers }, (_, sealer) => {
      const [state, doom] = [sealer * WORDS_PER_SEALER, sealer * WORDS_PER_SEALER + 1];
      const same = before[state] === after[state] && before[doom] === after[doom] && (after[doom] ?? 1) % 2 === 0;
      return same ? (after[state] ?? 0) % PHASES : -1;
    });
  }

  /** Some seal was held from `before` until now. */
  heldSince(before: Moment): boolean {
    return this.phasesSince(before).includes(HELD);
  }

  /** No seal was held, taken or dropped from `before` until now. */
  freeSince(before: Moment): boolean {
    return this.phasesSince(before).every((phase) => phase === FREE);
  }

  /** @param before - the moment before an operation that no seal lets pass; it has just ended. */
  judge(before: Moment, succeeded: boolean): Verdict {
    const [held, free] = [this.heldSince(before), this.freeSince(before)];
    this.count(succeeded ? 'succeeded' : 'refused');
    if (held && !succeeded) this.count('rightly refused');
    if (free && succeeded) this.count('succeeded unsealed');
    if (held && succeeded) return 'succeeded while sealed';
    return free && !succeeded ? 'refused while not sealed' : 'fits';
  }

  count(kind: Count): void {
    Atomics.add(this.counted, counts.indexOf(kind), 1);
  }

  get totals(): Readonly<Record<Count, number>> {
    return Object.fromEntries(counts.map((kind, at) => [kind, Atomics.load(this.counted, at)])) as Record<
      Count,
      number
    >;
  }

  [Symbol.dispose](): void {
    this.mapping.close();
  }
}
