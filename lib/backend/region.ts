import type { Ranges } from '../core/range-list.js';
import type { OpenFile } from './open-file.js';

/** What {@link Backend.map} is asked for; all of it checked by the caller. */
export interface RegionRequest {
  /** undefined: MAP_ANONYMOUS. The region takes a reference of its own and gives it back when it is closed. */
  readonly file: OpenFile | undefined;
  /** As the caller named the file, for errors: one open file may serve mappings of several names. */
  readonly path: string | undefined;
  /** Into the file, page-aligned. */
  readonly offset: number;
  /** > 0. */
  readonly length: number;
  readonly prot: number;
  /** mmap(2) flags without MAP_SYNC: that is decided by `sync`. */
  readonly flags: number;
  readonly sync: 'auto' | 'require' | 'off';
  /** Address space to keep, >= length; 0: none beyond the mapping. */
  readonly reserve: number;
  /** Pages of a private region are never brought in by write faults, although it is writable. Default false. */
  readonly withoutWriteFaults?: boolean;
}

/** Bytes from the start of a region. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** `closing`: close() was called, and asynchronous calls still run. `closed`: the file's pages are gone. */
export type RegionState = 'open' | 'closing' | 'closed';

/** Names a region within its process as long as it lives. */
export interface RegionToken {
  /** Which copy of the addon's table of ranges; 0 without an addon. */
  readonly table: number;
  /** The place of the range in that table; -1 without an addon. */
  readonly slot: number;
  /** Tells two ranges of one place apart; a place is used again after its range has ended. The emulation counts shared mappings. */
  readonly serial: number;
  /** The region's own descriptor, for another copy of the addon; -1: none. */
  readonly fd: number;
}

/**
 * One mapped range and the memory behind it. Offsets and lengths are bytes from its start, already checked against
 * `length`; they need not be page-aligned unless said. Methods throw system errors. Single-threaded: the creator's.
 */
export interface Region {
  readonly file: OpenFile | undefined;
  readonly offset: number;
  readonly length: number;
  readonly prot: number;
  /** As granted, MAP_SYNC included. */
  readonly flags: number;
  /** 0: MAP_SYNC was granted; undefined: not asked for; otherwise the negative errno that refused it. */
  readonly syncErrno: number | undefined;
  /** 0n where the backend has none. */
  readonly address: bigint;
  /** Bytes that are mapped at a time: a page, or a huge one. */
  readonly unit: number;

  /** An ArrayBuffer over exactly that range. Two windows over the same bytes see each other's stores. */
  window(offset: number, length: number): ArrayBuffer;
  /** Every view of the window becomes length 0, as far as the runtime lets us; afterwards it never reaches the file. */
  detach(window: ArrayBuffer): void;

  /** On return the bytes are where msync(2) and fdatasync(2) put them. Nothing to do on a private region. */
  sync(offset: number, length: number): void;
  syncAsync(offset: number, length: number): Promise<void>;
  /** sync() of many spans, in order and none touching another, in as few steps as can be without writing much that lies between. */
  syncAll(spans: readonly Span[]): void;

  /**
   * Copies the first `length` bytes of `source` into the region, as memmove(3) does. `source` may have become longer since it was
   * checked (a growable SharedArrayBuffer), so nobody asks it again. Every aligned 8 bytes are stored at once where the backend
   * is native. Makes nothing durable.
   */
  store(source: Uint8Array, offset: number, length: number): void;
  /** memset(3), likewise. */
  storeValue(value: number, offset: number, length: number): void;

  /** `advice` is a MADV_* number. Advice that discards content wants page-aligned ranges (checked by the caller). */
  advise(advice: number, offset: number, length: number): void;
  /** Pages present; `write`: writable as well. Never write-faults a private region. */
  populate(offset: number, length: number, write: boolean): void;
  populateAsync(offset: number, length: number, write: boolean): Promise<void>;
  residency(offset: number, length: number): { pages: number; resident: number };
  lock(offset: number, length: number): void;
  unlock(offset: number, length: number): void;

  /**
   * Changes `length`. The file already is long enough. The caller has detached, before the call, every window that
   * reaches past a smaller `length`. Returns the region to go on with: this one, if it could change in place (windows
   * stay valid); otherwise a new one over the same bytes, and the caller detaches the windows of this one and closes it.
   */
  resize(length: number): Region;

  /** Its addresses stay, whatever happens to this thread, until unpin(). Once at a time; close() does not come in between. */
  pin(): void;
  unpin(): void;

  /** Only close(), closeLater() and abandon() change it. */
  readonly state: RegionState;
  /** Asynchronous calls run. */
  readonly busy: boolean;
  /** For share(). */
  readonly token: RegionToken;
  /** It is just being cut off from the file, or was, by {@link LeaseEvents.fenceOnLeaseEnd}: a flush that has ended by now may have been none. */
  readonly isFenced: boolean;

  /**
   * Nothing of it reaches the file any more: not a store through a view, not one through its address, which finds zeros of its
   * own. The caller has detached the windows. Only close() and abandon() may follow. When close() has ended it does nothing.
   */
  fence(): void;

  /**
   * After it nothing here is used again. Running asynchronous calls end first; the file's pages are gone after them. A failure then is no
   * failure of those calls: it is a process warning, and it is tried again.
   *
   * @param onClosed - called when the state is 'closed'.
   * @throws ENOSPC, ENOMEM, ...: nothing has changed, and it may be called again.
   */
  close(onClosed?: () => void): void;
  /** As close(), and never throws: a failure is a process warning, and it is tried again. For a region whose place another has taken. */
  closeLater(): void;
  /** As close(), for a region whose Mapping and windows were garbage collected. */
  abandon(): void;
}

/** A region whose CPU cache lines can be written back: all of the native backend. None of these can fail. */
export interface LineRegion extends Region {
  /** Starts writing the lines of a range back. */
  flushLines(offset: number, length: number): void;
  /** On return everything that was flushed before has arrived in memory. */
  drainLines(): void;
  persistLines(offset: number, length: number): void;
  persistLinesAsync(offset: number, length: number): Promise<void>;
  /** Many ranges, one drain. These alone are not checked by the caller: the first pair that is outside, or -1. */
  persistLineRanges(ranges: Ranges): number;
  /** store() and flush, around the cache where that is faster; with a drain at the end if wanted. */
  storeLines(source: Uint8Array, offset: number, length: number, drain: boolean): void;
  /** storeValue(), flush and drain. */
  fillLines(value: number, offset: number, length: number): void;
}
