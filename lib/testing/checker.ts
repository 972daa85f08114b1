import { recoverOnce, hung, within, type Invariant, type Recover, type Verdict } from './attempt.js';
import { Image } from './image.js';
import type { SimulatedMemory } from './simulated-memory.js';
import type { ReadDiagnostics } from './read-diagnostics.js';
import { walk, type Candidate, type Coverage, type Trace, type TrialExtent, type Walk } from './walk.js';
import { runWithin } from './watchdog.js';
import type { TraceEvent } from './trace.js';

/** Parts of a check that do not change while it runs. */
export interface CheckRequest<State> {
  readonly recover: Recover<State>;
  readonly invariant: Invariant<State>;
  readonly extent: TrialExtent;
  /** Crashes during recovery, and during the recovery after that: so many levels. */
  readonly depth: number;
  /** Milliseconds that one recovery may take. */
  readonly timeout: number;
  /** Looks at what recovery reads; undefined: its loads are not traced. */
  readonly reads: ReadDiagnostics | undefined;
}

/** A content whose recovery was wrong, with the crashes that led to it: the last one is a crash of recovery itself. */
export interface Found {
  readonly verdict: NonNullable<Verdict>;
  readonly acks: readonly unknown[];
  readonly crashes: readonly Candidate[];
  /** The trace in which the last crash happened. */
  readonly events: readonly TraceEvent[];
}

/** Words that were read after one content: by recovery, and by the recoveries from its own crashes. */
type ReadWords = Set<number>;

/** Of each content, if loads are not traced. */
const NO_WORDS: ReadWords = new Set();

interface Level {
  readonly walk: Walk;
  readonly events: readonly TraceEvent[];
  /** undefined: each crash point has its own. */
  readonly acks: readonly unknown[] | undefined;
  candidate: Candidate | undefined;
  /** Of the candidate. */
  reads: ReadWords;
}

/** The state before a recovery, beside the content of the memory. */
export interface Start {
  readonly acks: readonly unknown[];
  /** Bytes of the memory. */
  readonly length: number;
}

/** More than a memory has. */
const MOST_BYTES = 2 ** 31;

/** The end of one attempt. A promise: recovery is asynchronous. */
type Step = 'end' | 'again' | Found | { readonly promise: Promise<Verdict>; readonly start: Start };

/** Milliseconds between two looks at the time limit: a limit needs a thread. */
const SLICE = 50;

/** A recovery that hung, or a machine that stood still: only another run can tell. */
class Interrupted extends Error {}

/** Tries every content of one trace. */
export class Checker<State> {
  readonly coverage: Coverage = { points: 0, exhaustive: true };
  images = 0;
  readonly image: Image;
  private readonly levels: Level[] = [];
  private readonly seen: Map<number, Map<number, ReadWords>>[] = [];
  private attempts = 0;
  /** The state before the recovery that runs. undefined: none runs. */
  private recovering: Start | undefined;

  /**
   * @param memory - has the content before the trace.
   * @param suspect - the number of the attempt that was interrupted before; it runs alone.
   */
  constructor(
    private readonly memory: SimulatedMemory,
    trace: Trace,
    private readonly request: CheckRequest<State>,
    private readonly suspect: number,
  ) {
    this.image = new Image(memory.recorder, request.extent.rules.atom);
    this.descend(trace, undefined);
  }

  private descend(trace: Trace, acks: readonly unknown[] | undefined): void {
    const { extent } = this.request;
    const { events } = trace;
    const steps = walk(trace, this.image, extent, this.coverage);
    this.levels.push({ walk: steps, events, acks, candidate: undefined, reads: NO_WORDS });
  }

  /** Moves to the next content that was not tried yet. undefined: there is none. */
  private next(): Start | undefined {
    for (;;) {
      const level = this.levels.at(-1);
      if (level === undefined) return undefined;
      const step = level.walk.next(level.reads);
      if (step.done === true) {
        this.levels.pop();
        continue;
      }
      level.candidate = step.value;
      const acks = level.acks ?? step.value.point.acks;
      const { length } = step.value.point;
      if (this.isNew(level, acks.length * MOST_BYTES + length)) return { acks, length };
    }
  }

  /** Neither this content nor an equal one with more levels left was tried. `start`: acknowledgements and length. */
  private isNew(level: Level, start: number): boolean {
    const { key } = this.image;
    const depth = this.levels.length;
    for (let less = 1; less <= depth; less++) {
      const reads = this.seen[less]?.get(start)?.get(key);
      if (reads === undefined || this.isRunning(reads)) continue;
      level.reads = reads;
      this.noteReads(reads);
      return false;
    }
    const contents = (this.seen[depth] ??= new Map<number, Map<number, ReadWords>>());
    const keys = contents.get(start) ?? new Map<number, ReadWords>();
    level.reads = this.request.reads === undefined ? NO_WORDS : new Set();
    contents.set(start, keys.set(key, level.reads));
    return true;
  }

  /** Recoveries from crashes after the same content are still to come: not all of its reads are known. */
  private isRunning(reads: ReadWords): boolean {
    const { depth, reads: isTraced } = this.request;
    if (isTraced === undefined || this.levels.length > depth) return false; // no crash of this recovery is tried
    return this.levels.slice(0, -1).some((level) => level.reads === reads);
  }

  /** Recovery has read these words, after the candidate of each level. */
  private noteReads(words: ReadonlySet<number>): void {
    for (const { reads } of this.levels) if (reads !== words) for (const word of words) reads.add(word);
  }

  /** Recovers from the content that the image has. */
  try({ acks, length }: Start): Verdict | Promise<Verdict> {
    const { recover, invariant } = this.request;
    return recoverOnce(this.memory.mappingFor(length), acks, recover, invariant);
  }

  /** The end of a recovery: its stores are taken back. @returns its trace. */
  private takeBack(): readonly TraceEvent[] {
    const { recorder } = this.memory;
    recorder.look('the end of recovery');
    const events = recorder.takeEvents();
    recorder.undo(events);
    this.memory.closeMappings();
    return events;
  }

  /** After an attempt: the failure, or one level deeper if recovery has stored something. */
  private settle(verdict: Verdict, { acks, length }: Start): Found | undefined {
    this.recovering = undefined;
    this.images++;
    const events = this.takeBack();
    this.lookAtReads(verdict !== undefined);
    if (verdict !== undefined) return this.found(verdict, acks);
    if (this.levels.length <= this.request.depth && events.some(({ kind }) => kind === 'store'))
      this.descend({ events, length }, acks);
    return undefined;
  }

  private lookAtReads(failed: boolean): void {
    const level = this.levels.at(-1);
    if (this.request.reads === undefined || level?.candidate === undefined) return;
    const reads = this.memory.takeReads();
    this.noteReads(reads.words);
    // A recovery stores the same again after a crash of its own: it may find any mixture of that.
    if (this.levels.length === 1) this.request.reads.note(level.candidate.point, level.events, reads, failed);
  }

  private found(verdict: NonNullable<Verdict>, acks: readonly unknown[]): Found {
    const crashes = this.levels.flatMap(({ candidate }) => (candidate === undefined ? [] : [copyOf(candidate)]));
    return { verdict, acks, crashes, events: this.levels.at(-1)?.events ?? [] };
  }

  /** Runs until a failure, or to the end. @throws Interrupted: with `attempts` as the suspect of another run. */
  async run(): Promise<Found | undefined> {
    for (;;) {
      const result = this.runSlice();
      if (result === 'end') return undefined;
      if (result === 'again') continue;
      if ('verdict' in result) return result;
      const verdict = await within(this.request.timeout, result.promise);
      const found = this.settle(verdict, result.start);
      if (found !== undefined) return found;
    }
  }

  private runSlice(): Step {
    let result: Step = 'again';
    const isAlone = this.attempts + 1 === this.suspect;
    const end = performance.now() + (isAlone ? 0 : SLICE);
    const inTime = runWithin(this.request.timeout + (isAlone ? 0 : SLICE), () => {
      do result = this.step();
      while (result === 'again' && performance.now() < end && this.attempts + 1 !== this.suspect);
    });
    if (inTime) return result;
    if (this.recovering === undefined || !isAlone) throw new Interrupted();
    return this.found(hung(this.request.timeout), this.recovering.acks);
  }

  private step(): Step {
    const start = this.next();
    if (start === undefined) return 'end';
    this.attempts++;
    this.recovering = start;
    this.memory.takeReads();
    const verdict = this.try(start);
    if (verdict instanceof Promise) return { promise: verdict, start };
    return this.settle(verdict, start) ?? 'again';
  }

  /** The attempt that ran last. */
  get lastAttempt(): number {
    return this.attempts;
  }

  /** Tries a content that is in the image now, for shrinking. */
  async retry(start: Start): Promise<Verdict> {
    let verdict: Verdict | Promise<Verdict>;
    const { timeout } = this.request;
    const run = (): void => {
      verdict = this.try(start);
    };
    if (!runWithin(timeout, run)) throw new Interrupted();
    const settled = await within(timeout, Promise.resolve(verdict));
    this.takeBack();
    return settled;
  }
}

/** Whether a check was interrupted, and must run again. */
export function isInterrupted(error: unknown): boolean {
  return error instanceof Interrupted;
}

function copyOf({ point, choice, torn, flipped }: Candidate): Candidate {
  return { point, choice: [...choice], torn, flipped };
}
