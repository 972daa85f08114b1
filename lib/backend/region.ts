import type { FaultReason } from '../core/errors.js';
import type { Ranges } from '../core/range-list.js';
import type { OpenFile } from './open-file.js';
import type { SharedWords } from './shared-words.js';

/** A request to {@link Backend.map}. The caller has checked all of it. */
export interface RegionRequest {
  /** undefined: MAP_ANONYMOUS. The region takes a reference of its own, and releases it when it is closed. */
  readonly file: OpenFile | undefined;
  /** The caller's name of the file, for errors. One open file may serve mappings with several names. */
  readonly path: string | undefined;
  /** Into the file, page-aligned. */
  readonly offset: number;
  /** > 0. */
  readonly length: number;
  readonly prot: number;
  /** mmap(2) flags without MAP_SYNC: `sync` decides that. */
  readonly flags: number;
  readonly sync: 'auto' | 'require' | 'off';
  /** Bytes of address space to reserve, >= length; 0: none beyond the mapping. */
  readonly reserve: number;
  /** No write fault brings in pages of a private region, although it is writable. Default: false. */
  readonly withoutWriteFaults?: boolean;
  /** A SIGBUS in the region ends the process. Default: false, the fault guard heals it. */
  readonly unguarded?: boolean;
}

/** Bytes from the start of a region. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** A range whose pages had no file behind them when they were used. Private zeros have replaced them. */
export interface Fault extends Span {
  readonly reason: FaultReason;
}

/** `closing`: close() was called, and asynchronous calls still run. `closed`: the file's pages are gone. */
export type RegionState = 'open' | 'closing' | 'closed';

/** The name of a live region within its process. */
export interface RegionToken {
  /** The copy of the addon whose table has the region; 0: no addon. */
  readonly table: number;
  /** The place of the range in that table; -1 without an addon. */
  readonly slot: number;
  /**
   * Tells two ranges of one place apart; a place is used again after its range has ended. The emulation counts shared
   * mappings.
   */
  readonly serial: number;
  /** The region's own descriptor, for another copy of the addon; -1: none. */
  readonly fd: number;
}

/**
 * One mapped range and its memory. Offsets and lengths are bytes from its start. The caller has checked them against
 * `length`. They need not be page-aligned unless a method says so. Methods throw system errors. Only the thread that
 * made a region may use it.
 */
export interface Region {
  readonly file: OpenFile | undefined;
  /** The caller's name of the file. */
  readonly path: string | undefined;
  readonly offset: number;
  readonly length: number;
  readonly prot: number;
  /** As granted, MAP_SYNC included. */
  readonly flags: number;
  /** 0: MAP_SYNC was granted; undefined: no one asked for it; else the negative errno of the refusal. */
  readonly syncErrno: number | undefined;
  /** 0n where the backend has none. */
  readonly address: bigint;
  /** The bytes of one page, or of one huge page. */
  readonly unit: number;
  /** undefined: no other process sees the words of this region, because it is private or emulated. */
  readonly words: SharedWords | undefined;

  /** An ArrayBuffer over exactly that range. Windows over the same bytes see each other's stores. */
  window(offset: number, length: number): ArrayBuffer;
  /**
   * Every view of the window has length 0 then, as far as the runtime allows. No later store into it reaches the file.
   */
  detach(window: ArrayBuffer): void;

  /**
   * A SharedArrayBuffer over exactly that range, for all threads.
   * @throws EOPNOTSUPP: the runtime or the backend cannot make one.
   */
  sharedWindow(offset: number, length: number): SharedArrayBuffer;
  /** The number of SharedArrayBuffers of the region that a thread may still use. */
  readonly sharedWindows: number;

  /** msync(2), or fdatasync(2) after a write-back. It does nothing for a private region. */
  sync(offset: number, length: number): void;
  syncAsync(offset: number, length: number): Promise<void>;
  /**
   * sync() of many spans, in as few calls as possible without writing much between them. The spans are in order, and
   * none touches another.
   */
  syncAll(spans: readonly Span[]): void;

  /**
   * Copies the first `length` bytes of `source` into the region, as memmove(3) does. The length of `source` is not read
   * again: it may have grown since the check (a growable SharedArrayBuffer). The native backend stores every aligned 8
   * bytes at once. It makes nothing durable.
   */
  store(source: Uint8Array, offset: number, length: number): void;
  /** memset(3), likewise. */
  storeValue(value: number, offset: number, length: number): void;
  /** Stores 8 bytes, little endian, at a multiple of 8; natively with one store. It makes nothing durable. */
  storeWord(value: bigint | number, offset: number): void;

  /**
   * @param advice - a MADV_* number. Advice that discards content needs page-aligned ranges; the caller has checked
   *   them.
   */
  advise(advice: number, offset: number, length: number): void;
  /** On return the pages are present, with `write` also writable. A private region gets no write faults. */
  populate(offset: number, length: number, write: boolean): void;
  populateAsync(offset: number, length: number, write: boolean): Promise<void>;
  residency(offset: number, length: number): { pages: number; resident: number };
  lock(offset: number, length: number): void;
  unlock(offset: number, length: number): void;

  /**
   * Changes `length`. The file is long enough already. Before the call, the caller has detached every window that
   * reaches past a smaller `length`.
   *
   * @returns this region, if it changed in place: its windows stay valid. Otherwise a new region over the same bytes;
   *   the caller then detaches the windows of this one, and closes it.
   */
  resize(length: number): Region;

  /**
   * The addresses stay until unpin(), even if this thread ends. Not nested; the caller calls no close() before unpin().
   */
  pin(): void;
  unpin(): void;

  /** Only close(), closeLater() and abandon() change it. */
  readonly state: RegionState;
  /** An asynchronous call of the region runs. */
  readonly busy: boolean;
  /** For share(). */
  readonly token: RegionToken;
  /**
   * {@link LeaseEvents.fenceOnLeaseEnd} has fenced the region, or does so now: a flush that has ended may prove
   * nothing.
   */
  readonly isFenced: boolean;

  /**
   * Element 0 counts the faults of the process; it wraps. A flush that has ended proves something only if no fault of
   * its range came before: compare after each flush.
   */
  readonly faultCount: Uint32Array;
  /** A fault of this region becomes a {@link Fault}; without the guard it ends the process. */
  readonly isGuarded: boolean;
  /** The faults since the last call. */
  takeFaults(): Fault[];
  /** Maps the file again over a range that was lost, in whole pages. The stores in the lost pages are gone. */
  remap(offset: number, length: number): void;

  /**
   * After this call no store reaches the file, neither through a view nor through the address, which has zeros of its
   * own then. The caller has detached the windows. Only close() and abandon() may follow. It does nothing in state
   * 'closed'.
   */
  fence(): void;

  /**
   * The region is not used after this call. Running asynchronous calls end first; the file's pages are gone after them.
   * If that fails, those calls do not fail: a process warning tells, and a timer retries.
   *
   * @param onClosed - called when the state is 'closed'.
   * @throws ENOSPC, ENOMEM, ...: nothing has changed, and it may be called again.
   */
  close(onClosed?: () => void): void;
  /**
   * As close(), for a region that another one replaces. It never throws: a failure is a process warning, and a timer
   * retries.
   */
  closeLater(): void;
  /** As close(), after garbage collection of the Mapping and its windows. */
  abandon(): void;
}

/**
 * A region whose CPU cache lines can be written back: every region of the native backend. None of these methods can
 * fail.
 */
export interface LineRegion extends Region {
  /** Starts the write-back of the lines of a range. */
  flushLines(offset: number, length: number): void;
  /** On return every earlier flush has arrived in memory. */
  drainLines(): void;
  persistLines(offset: number, length: number): void;
  persistLinesAsync(offset: number, length: number): Promise<void>;
  /**
   * persistLines() of many ranges, with one drain. The caller has not checked them.
   * @returns the first pair outside the region, or -1.
   */
  persistLineRanges(ranges: Ranges): number;
  /** store() and flush, around the cache where that is faster. `drain`: a drain at the end. */
  storeLines(source: Uint8Array, offset: number, length: number, drain: boolean): void;
  /** storeValue(), flush and drain. */
  fillLines(value: number, offset: number, length: number): void;
  /** storeWord(), flush and drain. */
  persistWord(value: bigint | number, offset: number): void;
}
