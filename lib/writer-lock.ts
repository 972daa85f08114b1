import { inspect, type InspectOptionsStylized } from 'node:util';
import { selectBackend } from './backend/select.js';
import { illegalConstructor } from './core/errors.js';
import { inOneLine } from './core/inspect-line.js';
import { runAsync, runSync } from './core/sync-or-async.js';
import { parseTarget, type Target } from './core/target.js';
import { throwIfAborted } from './core/validators.js';
import type { LockFile } from './writer-lock/lock-file.js';
import { parseWriterLockOptions, type WriterLockOptions } from './writer-lock/options.js';
import { takeWriterLock, tryWriterLock } from './writer-lock/take.js';

/** The plain data of a WriterLock that is printed or logged. */
export interface WriterLockSummary {
  /** The path of the call. Missing: it was a descriptor. */
  readonly path?: string;
  /** False after release(). */
  readonly held: boolean;
}

const NOT_CLONED = Symbol('A WriterLock belongs to its thread: another thread acquires its own. A WriterLock');

// Only this file can give it to the constructor.
const KEY = Symbol('the key of the constructor');

/**
 * The right to be the one writer of a file, among all threads and processes that ask for it. Writers that never ask are
 * not stopped, and readers need no lock.
 *
 * The lock ends with release(), with its thread, and with its process, also after SIGKILL. Nothing stays on the disk.
 * Garbage collection never ends it: a program that drops the object stays the writer until its thread ends.
 *
 * It is a lock of an open file description (F_OFD_SETLK) on one byte far past any data. docs/writer-lock.md has the
 * byte for programs in other languages, and the places where such locks do not work.
 *
 * @example
 * // Native only: the emulation has no locks between processes.
 * const { map, WriterLock } = require('mapdirect');
 * const lock = WriterLock.acquire('data.bin', { timeout: 5000 }); // in TypeScript: using lock = ...
 * const mapping = map('data.bin');
 * mapping.write(Buffer.from('the only writer'), 0);
 * mapping.close();
 * lock.release();
 */
export class WriterLock implements Disposable {
  /** structuredClone() and postMessage() refuse the object and show this. */
  protected readonly notCloned = NOT_CLONED;
  /** undefined: released. */
  #file: LockFile | undefined;
  /** The path of the call; undefined for a descriptor. */
  readonly path: string | undefined;

  private constructor(key?: typeof KEY, file?: LockFile) {
    if (key !== KEY || file === undefined)
      throw illegalConstructor('WriterLock', 'WriterLock.acquire(), acquireAsync() and tryAcquire() make a WriterLock');
    this.#file = file;
    this.path = file.path;
  }

  /**
   * Becomes the writer of a file. Blocks the thread while another writer has the lock, like Atomics.wait(): a service
   * uses {@link WriterLock.acquireAsync}. The wait asks again after 16 ms at the latest. EBUSY at once if this very
   * thread has the lock: nothing could end the wait.
   *
   * Never waits for a lease, and never breaks one. A descriptor is opened once more through /proc, so it may be closed
   * right after the call. A failed call, and release(), close a descriptor of the file: that drops the record locks
   * (F_SETLK) of this process on it.
   *
   * Not promised: an order among the writers that wait.
   *
   * @param target - A path, a file: URL, a descriptor or a FileHandle; of a file that this process may write.
   * @param options - See {@link WriterLockOptions}. `timeout`: milliseconds; default: no limit.
   * @throws EBUSY, with the `pid` of the writer where it can be known: another writer has the lock at the end of
   *   `timeout`, or this thread has it. ENOENT, EACCES, EROFS and others of open(2); EISDIR, ENODEV; EBADF; EAGAIN if a
   *   process has a lease on the file; EOPNOTSUPP on the emulation; ENOLCK. TypeError or RangeError
   *   (ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE) for wrong arguments. The reason of a signal that
   *   is aborted already.
   * @example
   * // Native only: the emulation has no locks between processes.
   * const { WriterLock } = require('mapdirect');
   * const lock = WriterLock.acquire('data.bin');
   * try {
   *   WriterLock.acquire('data.bin', { timeout: 0 });
   * } catch (error) {
   *   console.log(error.code, error.pid === process.pid); // EBUSY true
   * }
   * lock.release();
   */
  static acquire(target: Target, options?: WriterLockOptions): WriterLock {
    const { timeout, signal } = parseWriterLockOptions(options);
    const parsed = parseTarget(target);
    throwIfAborted(signal);
    const backend = selectBackend('auto');
    return new WriterLock(KEY, runSync(takeWriterLock({ backend, target: parsed, timeout, waitsForOwnThread: false })));
  }

  /**
   * {@link WriterLock.acquire} that does not block the thread. It also waits for a lock of this very thread. The wait
   * keeps the process alive. An abort ends it within 16 ms.
   *
   * @param target - As acquire(). A descriptor must stay open until the promise is settled.
   * @param options - See {@link WriterLockOptions}. `timeout`: milliseconds; default: no limit.
   * @throws By rejection: as acquire(), and the reason of the signal.
   * @example
   * // Native only: the emulation has no locks between processes.
   * import { WriterLock } from 'mapdirect';
   * const lock = await WriterLock.acquireAsync('data.bin', { signal: AbortSignal.timeout(5000) });
   * console.log(lock.held); // true
   * lock.release();
   */
  static async acquireAsync(target: Target, options?: WriterLockOptions): Promise<WriterLock> {
    const { timeout, signal } = parseWriterLockOptions(options);
    const parsed = parseTarget(target);
    throwIfAborted(signal);
    const backend = selectBackend('auto');
    const file = await runAsync(takeWriterLock({ backend, target: parsed, timeout, waitsForOwnThread: true }), signal);
    try {
      throwIfAborted(signal); // during the last pause
    } catch (error) {
      file.close();
      throw error;
    }
    return new WriterLock(KEY, file);
  }

  /**
   * Becomes the writer of a file if no other writer has the lock. Never waits.
   *
   * @param target - As acquire().
   * @returns undefined: another writer has the lock, in this thread, in another one or in another process.
   * @throws As acquire(), except EBUSY.
   * @example
   * // Native only: the emulation has no locks between processes.
   * const { WriterLock } = require('mapdirect');
   * const lock = WriterLock.tryAcquire('data.bin');
   * console.log(lock?.held, WriterLock.tryAcquire('data.bin')); // true undefined
   * lock?.release();
   */
  static tryAcquire(target: Target): WriterLock | undefined {
    const file = tryWriterLock(selectBackend('auto'), parseTarget(target));
    return file === undefined ? undefined : new WriterLock(KEY, file);
  }

  /** false: release() was called. */
  get held(): boolean {
    return this.#file !== undefined;
  }

  /**
   * Ends the lock: the next writer can have it at once. A second call does nothing. What was stored stays as durable as
   * it was: persist() before.
   *
   * @example
   * // Native only: the emulation has no locks between processes.
   * const { WriterLock } = require('mapdirect');
   * const lock = WriterLock.acquire('data.bin');
   * lock.release();
   * console.log(lock.held); // false
   */
  release(): void {
    const file = this.#file;
    this.#file = undefined;
    file?.close();
  }

  /** {@link release} at the end of a block with `using`. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** For JSON.stringify() and loggers. Works after release(), too. */
  toJSON(): WriterLockSummary {
    const { path, held } = this;
    return { ...(path === undefined ? {} : { path }), held };
  }

  /** One line for console.log() and util.inspect(). */
  [inspect.custom](_depth: number, options: InspectOptionsStylized, print: typeof inspect): string {
    return inOneLine('WriterLock', #file in this ? this.toJSON() : undefined, options, print);
  }

  get [Symbol.toStringTag](): string {
    return 'WriterLock';
  }
}
