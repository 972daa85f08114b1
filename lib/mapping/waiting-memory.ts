import type { WaitResult } from '../backend/shared-words.js';
import { mappingFault } from '../core/errors.js';
import { PagedMemory } from './paged-memory.js';
import { pendingWaits } from './pending-waits.js';
import { notify, wait, waitAsync, WORD, type WaitOptions, type WordCall } from './waiting.js';

/**
 * The part of {@link Mapping} that lets threads and processes wait for each other.
 *
 * They wait for a word of the mapping: 4 bytes at a multiple of 4, in the byte order of the CPU, which is little endian
 * on x86_64 and arm64. An Int32Array over the mapping shows it, and Atomics read and change it.
 */
export abstract class WaitingMemory extends PagedMemory {
  /**
   * Blocks this thread while the word at `offset` has the value `expected`, until another thread or process calls
   * {@link notify} for it. As Atomics.wait(), and across processes: futex(2). In a service use {@link waitAsync}.
   *
   * A process that should notify may end before it does: give a timeout.
   *
   * Change the word first, then notify. A notify() that finds the word unchanged may be overlooked, and a wait may end
   * with 'ok' without a notify(): read the word again, and wait again if it has not changed.
   *
   * A signal does not end the wait; its JavaScript listeners run after it. worker.terminate() ends it within some 100
   * ms.
   *
   * @param offset - A multiple of 4, in bytes from the start of the mapping.
   * @param expected - An integer from -2^31 to 2^32 - 1. Two numbers with the same 32 bits (-1 and 0xffffffff) are the
   *   same.
   * @param timeout - Milliseconds; a negative number is 0. Default: Infinity.
   * @returns 'ok': notified. 'not-equal': the word has another value than `expected`. 'timed-out'.
   * @throws ERR_OUT_OF_RANGE (RangeError): `offset` is no multiple of 4, or the word is not inside the mapping.
   *   EOPNOTSUPP: a private mapping (access 'read' and 'copy'), or the emulation. EFAULT: the page of the word cannot
   *   be read, because the file was truncated, for instance. ERR_MAPPING_FAULT: the word was lost before (see the event
   *   'fault'), or the mapping is fenced.
   * @example
   * // Native only: the emulation shares no memory.
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.buffer.writeInt32LE(5, 0);
   * console.log(mapping.wait(0, 4)); // not-equal
   * console.log(mapping.wait(0, 5, 10)); // timed-out
   * mapping.close();
   */
  wait(offset: number, expected: number, timeout?: number): WaitResult {
    const call = this.wordCall(offset);
    return wait(call, expected, timeout, () => {
      this.checkLease(this.resources.region);
      call.checkFaults();
    });
  }

  /**
   * {@link wait} that does not block. A waiting call keeps the process alive, as a read from a socket does
   * (Atomics.waitAsync() does not).
   *
   * The kernel waits for up to 127 calls in one thread (futex_waitv(2), Linux 5.16), in at most 64 threads. Before that
   * each call has a thread, and at most 32 calls wait at a time.
   *
   * As with wait(), change the word before notify(). Several calls may end at one notify() if the word has changed.
   *
   * No process can notify a word that was truncated away. A mapping with a listener of 'fault' rejects the calls that
   * wait for a lost word; without one they wait for their timeout.
   *
   * @param options - `timeout`: milliseconds; a negative number is 0. Default: Infinity. `signal`: ends the wait.
   * @returns A promise of the result, as of wait(). 'ok' also if the word has changed since the call.
   * @throws By rejection: the errors of wait(). EAGAIN: too many calls wait. The reason of the signal.
   *   ERR_MAPPING_CLOSED: the mapping was closed. An abort and close() may come too late: then the call ends with its
   *   result. A wake-up that reached a call which is rejected goes to another one.
   * @example
   * // Native only: the emulation shares no memory.
   * import { map } from 'mapdirect';
   * const mapping = map('data.bin');
   * const word = new Int32Array(mapping.arrayBuffer(0, 4));
   * const notified = mapping.waitAsync(0, word[0], { timeout: 10_000 });
   * Atomics.add(word, 0, 1); // as a rule another process does this
   * mapping.notify(0);
   * console.log(await notified); // ok
   * mapping.close();
   */
  async waitAsync(offset: number, expected: number, options?: WaitOptions): Promise<WaitResult> {
    return this.requests.run('waitAsync', () => waitAsync(this.wordCall(offset), expected, options));
  }

  /**
   * Wakes calls of {@link wait} and {@link waitAsync} for the word, in all threads and processes, and other users of
   * futex(2) on the file. Atomics.wait() cannot be woken in this way, and Atomics.notify() wakes none of these calls.
   *
   * @param offset - A multiple of 4, in bytes from the start of the mapping.
   * @param count - The number of calls to wake. Default: all.
   * @returns The number of calls that were woken. A call of waitAsync() that saw the word change by itself does not
   *   count.
   * @throws ERR_OUT_OF_RANGE (RangeError), EOPNOTSUPP and EFAULT as wait().
   * @example
   * // Native only: the emulation shares no memory.
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const word = new Int32Array(mapping.arrayBuffer(0, 4));
   * Atomics.add(word, 0, 1);
   * console.log(mapping.notify(0)); // 0
   * mapping.close();
   */
  notify(offset: number, count?: number): number {
    return notify(this.wordCall(offset), count);
  }

  private wordCall(offset: number): WordCall {
    const { resources } = this;
    return { owner: this, resources, offset, checkFaults: () => this.checkFaults(resources.region, offset, WORD) };
  }

  /** @internal */
  override noteFaults(): void {
    super.noteFaults();
    pendingWaits.drop(this, (offset) => {
      const lost = this.resources.lostIn(offset, WORD);
      return lost === undefined ? undefined : mappingFault(lost, this.path);
    });
  }

  /** @internal */
  protected override fence(): boolean {
    const isFenced = super.fence();
    if (isFenced) pendingWaits.drop(this, () => this.resources.fencedError());
    return isFenced;
  }
}
