import { selectBackend } from '../backend/select.js';
import type { FaultReason } from '../core/errors.js';
import { errno, invalidType, invalidValue, mappingClosed, systemError } from '../core/errors.js';
import { checkOneOf } from '../core/validators.js';
import { checkRange } from '../core/range.js';
import { simulatedFiles } from '../map/simulated-files.js';
import type { Mapping } from '../mapping/mapping.js';
import { hookAtomics } from './atomics-hook.js';
import type { Invariant, Recover } from './attempt.js';
import { Checker, isInterrupted, type CheckRequest, type Found } from './checker.js';
import { parseChoice, writeChoice } from './choice-text.js';
import { failureOf } from './crash-failure.js';
import { diagnose, type Diagnostic } from './diagnostics.js';
import { Image } from './image.js';
import { rulesOf, type Rules } from './model.js';
import {
  parseCheck,
  parseFailure,
  parseSimulator,
  type CheckOptions,
  type FailOptions,
  type ParsedCheck,
  type ParsedSimulator,
  type SimulatorOptions,
} from './options.js';
import { ReadDiagnostics } from './read-diagnostics.js';
import { CrashReport, describeCrash, type Crash } from './report.js';
import { SimulatedMemory } from './simulated-memory.js';
import { storeLog } from './store-log.js';
import type { TraceEvent } from './trace.js';
import { loadTracer, type Tracer } from './tracer.js';
import { placeCandidate, walk, type Candidate, type Trace, type TrialExtent } from './walk.js';

/** One content that a crash may leave, of {@link CrashSimulator.images}. */
export interface CrashImage extends Crash {
  /** The values of ack() before the crash. */
  readonly acks: readonly unknown[];
  /** For {@link CrashSimulator.replay}. */
  readonly choice: string;
  /** The memory after the crash: a copy. */
  readonly buffer: Buffer;
}

const FAULTS = ['poison', 'truncated', 'io'] as const satisfies readonly FaultReason[];

/** Attempts of a check that a machine at a standstill may interrupt. */
const MOST_RUNS = 5;

/**
 * Memory that forgets: a Mapping whose stores are recorded, and every content that a crash may leave of them.
 *
 * Let the program under test work on {@link mapping}, call {@link ack} where it acknowledges something, and then
 * {@link check} that its recovery is right after a crash at any moment.
 *
 * docs/emulation.md has the model, docs/testing.md a worked example. Not shown: errors of the disk beside {@link fail},
 * stores that another store replaces before the next call of the mapping, and the order of stores between two calls.
 *
 * @example
 * import { CrashSimulator } from 'mapdirect/testing';
 * const simulator = new CrashSimulator({ size: 4096 });
 * const { mapping } = simulator;
 * mapping.view(8, 8).write('a record');
 * mapping.persist(8, 8);
 * mapping.persistWord(0, 1); // the record is there
 * simulator.ack(1);
 * const recover = (memory) => [memory.view(0, 8).readUInt8(0), memory.view(8, 8).toString()];
 * const report = await simulator.check(recover, ([count, record], acks) => {
 *   if (count === 1 && record !== 'a record') throw new Error('a record without its bytes');
 *   if (acks.length > count) throw new Error('an acknowledged record is lost');
 * });
 * console.log(report.exhaustive, report.failures.length); // true 0
 * simulator.close();
 * @example
 * import { CrashSimulator } from 'mapdirect/testing';
 * const simulator = new CrashSimulator({ size: 4096, granularity: 'page' });
 * simulator.mapping.fill(1);
 * simulator.settle(); // the trace begins here
 * simulator.map(4096).view(0, 8).fill(2); // one more mapping of the same memory
 * const [, { choice, buffer }] = [...simulator.images()]; // for a recovery that is another program
 * console.log(buffer.equals(simulator.replay(1, choice).buffer)); // true
 * console.log(simulator.storeLog().startsWith('START')); // true
 * simulator.fail('persist'); // the next persist() is EIO
 * simulator.lose(0, 4096);
 * console.log(simulator.mapping.faulted); // true
 * simulator.close();
 */
export class CrashSimulator implements Disposable {
  readonly #options: ParsedSimulator;
  readonly #rules: Rules;
  readonly #tracer: Tracer | undefined;
  readonly #memory: SimulatedMemory;
  readonly #mapping: Mapping;
  /** The content that no crash takes away: before the trace. */
  #origin: Buffer;
  #originLength: number;
  #unhook: (() => void) | undefined;
  /** The checks that run, or wait: one runs at a time, because map() of the path leads to the memory of one. */
  #checks = 0;
  #lastCheck: Promise<void> = Promise.resolve();

  /**
   * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE for wrong options. EBUSY: another simulator
   *   has this path. ENOMEM. EOPNOTSUPP: trace: 'exact', where stores cannot be traced; the message has the remedy.
   */
  constructor(options: SimulatorOptions) {
    this.#options = parseSimulator(options);
    const { size, path, content, trace } = this.#options;
    this.#rules = rulesOf(this.#options);
    this.#tracer = trace === 'exact' ? loadTracer(selectBackend('auto')) : undefined;
    this.#memory = this.#newMemory(size);
    const { recorder } = this.#memory;
    content?.copy(recorder.live);
    content?.copy(recorder.shadow);
    this.#mapping = this.#memory.map(size);
    this.#origin = Buffer.from(recorder.shadow);
    this.#originLength = size;
    if (path !== undefined) simulatedFiles.add(path, this.#memory);
    this.#unhook = hookAtomics(recorder);
  }

  #newMemory(size: number, hasLoads = false): SimulatedMemory {
    return new SimulatedMemory(selectBackend('auto'), this.#options.granularity, size, this.#tracer, hasLoads);
  }

  /** A real Mapping over the simulated memory, with all its methods. `durability.backend` is 'simulated'. */
  get mapping(): Mapping {
    return this.#mapping;
  }

  /**
   * One more mapping of the same memory. {@link close} closes it.
   *
   * @param length - Bytes. Default: all.
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. ERR_MAPPING_CLOSED: after {@link close}. ENOMEM.
   */
  map(length?: number): Mapping {
    if (this.#unhook === undefined) throw mappingClosed('map', 'the simulator is closed');
    return this.#memory.map(length);
  }

  /**
   * The program has acknowledged something: from now on a crash must not lose it. The invariant gets the values of all
   * calls before the crash.
   */
  ack(value?: unknown): void {
    const { recorder } = this.#memory;
    recorder.look('stores before ack()');
    recorder.ack(value);
  }

  /** Everything so far is durable: the trace begins here, for instance after a set-up that is not under test. */
  settle(): void {
    const { recorder } = this.#memory;
    recorder.look('stores before settle()');
    recorder.takeEvents();
    this.#origin = Buffer.from(recorder.shadow);
    this.#originLength = this.#memory.length;
  }

  /**
   * Makes a call fail. A failed persist guarantees nothing, and Linux takes its pages for clean: a later persist does
   * not write them, until they are stored again.
   *
   * @param call - 'persist': persist(), flush(), write(), fill(), persistWord(), persistRanges() and persistAsync(),
   *   with granularity 'page' or 'emulated' (a cache line cannot fail). 'resize': a resize() that grows, and a map() of
   *   the path with a `size` beyond the end.
   * @throws ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE.
   */
  fail(call: 'persist' | 'resize', options?: FailOptions): void {
    checkOneOf(call, 'call', ['persist', 'resize'] as const);
    const { granularity } = this.#options;
    if (call === 'persist' && (granularity === 'byte' || granularity === 'cache-line'))
      throw invalidValue('call', "'persist' fails only with granularity 'page' or 'emulated'", granularity);
    this.#memory.recorder.plan(call, parseFailure(call, options));
  }

  /**
   * A range of the memory is lost: a read gives zeros, `mapping.faulted` is true, and a flush of the range throws
   * ERR_MAPPING_FAULT.
   *
   * @param offset - In bytes. @param length - Bytes.
   * @param reason - 'poison': the medium is broken. 'truncated': another process made the file shorter. 'io'.
   * @throws ERR_OUT_OF_RANGE, ERR_INVALID_ARG_VALUE.
   */
  lose(offset: number, length: number, reason: 'poison' | 'truncated' | 'io' = 'poison'): void {
    checkRange(offset, length, this.#memory.length);
    checkOneOf(reason, 'reason', FAULTS);
    if (length === 0) return;
    this.#memory.recorder.look('stores before lose()');
    this.#memory.recorder.lose({ offset, length, reason });
  }

  #trace(): Trace {
    const { recorder } = this.#memory;
    recorder.look('the last stores');
    return { events: [...recorder.events], length: this.#originLength };
  }

  /**
   * Runs recovery on every content that a crash at any moment of the trace may leave, and on those that a crash of
   * recovery leaves then. Contents that are equal are tried once. Stops at the first failure, and makes it as small as
   * possible.
   *
   * The functions run in this thread. A recovery without end is ended after `timeout`; in an asynchronous one only
   * until its first await.
   *
   * @param recover - gets a Mapping with the content, and returns the recovered state; it may store, persist and close.
   *   If it throws, recovery has failed.
   * @param invariant - gets that state, and the values of {@link ack} before the crash. It throws, or returns false, if
   *   the state is wrong.
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE; never for a failure of recovery: see `report.failures`.
   */
  async check<State>(
    recover: Recover<State>,
    invariant: Invariant<State>,
    options?: CheckOptions,
  ): Promise<CrashReport> {
    if (typeof recover !== 'function') throw invalidType('recover', 'a function', recover);
    if (typeof invariant !== 'function') throw invalidType('invariant', 'a function', invariant);
    const parsed = parseCheck(options, this.#options.trace);
    const { depth, timeout, checksummed } = parsed;
    const extent = this.#extent(parsed);
    const trace = this.#trace();
    const check = this.#lastCheck.then(() => {
      const reads = parsed.reads ? new ReadDiagnostics(this.#rules.atom, checksummed) : undefined;
      return this.#checkAgain(trace, { recover, invariant, extent, depth, timeout, reads });
    });
    const ended = (): void => undefined;
    this.#lastCheck = check.then(ended, ended);
    this.#checks++;
    try {
      return await check;
    } finally {
      this.#checks--;
    }
  }

  #extent({ limit, flips, reads }: Pick<ParsedCheck, 'limit' | 'flips' | 'reads'>): TrialExtent {
    return { rules: this.#rules, limit, seed: this.#options.seed, flips, byReads: reads };
  }

  async #checkAgain<State>(trace: Trace, request: CheckRequest<State>): Promise<CrashReport> {
    let suspect = 0;
    for (let run = 1; ; run++) {
      const memory = this.#crashedMemory(trace, request.reads !== undefined);
      const leave = this.#serve(memory);
      const checker = new Checker(memory, trace, request, suspect);
      try {
        return await this.#report(checker, await checker.run(), trace.events, request.reads);
      } catch (error) {
        if (!isInterrupted(error) || run === MOST_RUNS) throw error;
        suspect = checker.lastAttempt;
      } finally {
        leave();
        memory.close();
      }
    }
  }

  /** map() of the path leads to the memory of recovery. */
  #serve(memory: SimulatedMemory): () => void {
    const { path } = this.#options;
    if (path === undefined) return () => undefined;
    return simulatedFiles.replace(path, memory);
  }

  /** Memory with the content before the trace, and room for all that grows in it. */
  #crashedMemory({ events, length }: Trace, hasLoads = false): SimulatedMemory {
    const size = events.reduce((most, event) => (event.kind === 'grow' ? event.length : most), length);
    const memory = this.#newMemory(size, hasLoads);
    this.#origin.copy(memory.recorder.live);
    this.#origin.copy(memory.recorder.shadow);
    return memory;
  }

  async #report<State>(
    checker: Checker<State>,
    found: Found | undefined,
    events: readonly TraceEvent[],
    reads: ReadDiagnostics | undefined,
  ): Promise<CrashReport> {
    const { points, exhaustive } = checker.coverage;
    const failures =
      found === undefined
        ? []
        : [await failureOf(checker, found, { events, rules: this.#rules, seed: this.#options.seed })];
    return new CrashReport(
      exhaustive && found === undefined,
      checker.images,
      points,
      failures,
      [...(reads?.list ?? []), ...diagnose(events, this.#rules, this.#options.diagnostics)],
      reads === undefined ? 'contents' : 'reads',
    );
  }

  /** Missing and useless flushes and drains, from the trace so far. */
  get diagnostics(): readonly Diagnostic[] {
    return diagnose(this.#trace().events, this.#rules, this.#options.diagnostics);
  }

  /**
   * The contents that a crash may leave, each as a copy, for a recovery that is not a function: another program, for
   * instance. Equal contents with the same acknowledgements come once.
   *
   * @param options - `limit` and `flips` of {@link check}.
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
   */
  *images(options?: Pick<CheckOptions, 'limit' | 'flips'>): Generator<CrashImage> {
    const extent = this.#extent({ ...parseCheck(options, this.#options.trace), reads: false });
    const trace = this.#trace();
    const memory = this.#crashedMemory(trace);
    try {
      const image = new Image(memory.recorder, this.#rules.atom);
      const seen = new Set<string>();
      for (const candidate of walk(trace, image, extent)) {
        const key = `${candidate.point.acks.length} ${candidate.point.length} ${image.key}`;
        if (seen.has(key)) continue;
        seen.add(key);
        yield this.#crashImage(candidate, trace.events, image);
      }
    } finally {
      memory.close();
    }
  }

  #crashImage(candidate: Candidate, events: readonly TraceEvent[], image: Image): CrashImage {
    return {
      ...describeCrash(candidate, events, this.#rules.atom, undefined),
      acks: candidate.point.acks,
      choice: writeChoice(candidate),
      buffer: Buffer.from(image.recorder.live.subarray(0, candidate.point.length)),
    };
  }

  /**
   * Makes one content again.
   *
   * @param seed - the seed of the report: a simulator with another one is refused.
   * @param choice - of the report or of {@link CrashImage}.
   * @throws ERR_INVALID_ARG_VALUE: the seed differs, or the trace has no such choice.
   */
  replay(seed: number, choice: string): CrashImage {
    if (seed !== this.#options.seed)
      throw invalidValue('seed', `must be ${this.#options.seed}, as the simulator's`, seed);
    const wanted = parseChoice(choice);
    const trace = this.#trace();
    const memory = this.#crashedMemory(trace);
    try {
      const image = new Image(memory.recorder, this.#rules.atom);
      const extent = this.#extent({ limit: 2, flips: 0, reads: false });
      for (const candidate of walk(trace, image, extent)) {
        if (candidate.point.event !== wanted.event || candidate.point.units.length !== wanted.choice.length) continue;
        const found = wanted.complete(candidate);
        placeCandidate(image, found);
        return this.#crashImage(found, trace.events, image);
      }
      throw invalidValue('choice', 'must be of a report about the same trace', choice);
    } finally {
      memory.close();
    }
  }

  /** The trace in the format of pmemcheck's store log, for pmreorder and the like: whole lines or pages are flushed. */
  storeLog(): string {
    return storeLog(this.#trace().events, this.#memory.length, this.#rules);
  }

  /**
   * Closes the mappings, and gives the memory back. A second call does nothing.
   *
   * @throws EBUSY: a check runs, and needs the memory.
   */
  close(): void {
    if (this.#unhook === undefined) return;
    if (this.#checks > 0)
      throw systemError(errno.EBUSY, 'close', undefined, 'a check of the simulator runs; await its promise first');
    this.#unhook();
    this.#unhook = undefined;
    if (this.#options.path !== undefined) simulatedFiles.remove(this.#options.path);
    this.#memory.close();
  }

  /** {@link close} at the end of a block with `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
