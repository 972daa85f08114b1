import type { Fault, LineRegion, Region, RegionState, RegionToken, Span } from '../backend/region.js';
import type { OpenFile } from '../backend/open-file.js';
import type { SharedWords } from '../backend/shared-words.js';
import { checkBounds, type Ranges } from '../core/range-list.js';
import { WORD_BYTES } from '../core/word.js';
import { addWindow } from './atomics-hook.js';
import type { Recorder } from './recorder.js';

/** So many bytes go around the cache on 'cache-line', in no order: kStreamFrom of src-native/persist/store.cc. */
const STREAMED = 256;

/** The memory of a region hears of these. */
interface RegionEvents {
  /** The region ends at this place of the memory now. */
  onResize(end: number): void;
  onWindow(window: ArrayBuffer): void;
  /** The region has its memory now. */
  onPlaced(region: SimulatedRegion): void;
  /** The pages of a real region are there. */
  onPages(inner: Region): void;
  /** They are going to be unmapped, or mapped anew. */
  onNoPages(inner: Region): void;
  /** Only instructions can store into the pages: for the kernel they are read-only. */
  readonly isTraced: boolean;
  /** For the kernel they are not even that. */
  readonly hasLoads: boolean;
}

/**
 * A real region whose flushes are recorded and make nothing durable. The bytes, the views and the end are those of the
 * inner region.
 */
export class SimulatedRegion implements LineRegion {
  constructor(
    private readonly inner: Region,
    private readonly recorder: Recorder,
    private readonly events: RegionEvents,
  ) {
    events.onPages(inner);
  }

  get file(): OpenFile | undefined {
    return this.inner.file;
  }
  get path(): string | undefined {
    return this.inner.path;
  }
  get offset(): number {
    return this.inner.offset;
  }
  get length(): number {
    return this.inner.length;
  }
  get prot(): number {
    return this.inner.prot;
  }
  get flags(): number {
    return this.inner.flags;
  }
  get syncErrno(): number | undefined {
    return this.inner.syncErrno;
  }
  get address(): bigint {
    return this.inner.address;
  }
  get unit(): number {
    return this.inner.unit;
  }
  get words(): SharedWords | undefined {
    return this.inner.words;
  }
  get sharedWindows(): number {
    return this.inner.sharedWindows;
  }
  get state(): RegionState {
    return this.inner.state;
  }
  get busy(): boolean {
    return this.inner.busy || this.running > 0;
  }
  get token(): RegionToken {
    return this.inner.token;
  }
  get isFenced(): boolean {
    return this.inner.isFenced;
  }
  get faultCount(): Uint32Array {
    return this.recorder.faultCount;
  }
  get isGuarded(): boolean {
    return true;
  }

  private running = 0;

  window(offset: number, length: number): ArrayBuffer {
    const window = this.inner.window(offset, length);
    addWindow(window, this.recorder, this.offset + offset);
    this.events.onWindow(window);
    return window;
  }
  detach(window: ArrayBuffer): void {
    this.recorder.look('stores before close()');
    this.inner.detach(window);
  }
  sharedWindow(offset: number, length: number): SharedArrayBuffer {
    const window = this.inner.sharedWindow(offset, length);
    addWindow(window, this.recorder, this.offset + offset);
    return window;
  }

  private begin(offset: number, length: number, call: string, ownEnd = false): number {
    const start = this.offset + offset;
    this.recorder.look(`stores before ${call}`, [start, start + length]);
    return this.recorder.flush(this.offset + offset, length, call, ownEnd);
  }

  private failOrNot(...spans: readonly Span[]): void {
    this.recorder.failIfPlanned('persist', 'msync', () => {
      this.recorder.look('stores before persist()');
      for (const { offset, length } of spans) this.recorder.failFlush(this.offset + offset, length, 'persist()');
    });
  }

  sync(offset: number, length: number): void {
    this.failOrNot({ offset, length });
    this.recorder.drain('persist()', this.begin(offset, length, 'persist()'));
  }

  syncAll(spans: readonly Span[]): void {
    this.failOrNot(...spans);
    const ids = spans.map(({ offset, length }) => this.begin(offset, length, 'persistRanges()'));
    for (const id of ids) this.recorder.drain('persistRanges()', id);
  }

  /** One turn of the event loop passes between the begin of the flush and its end. */
  private async later(offset: number, length: number): Promise<void> {
    this.failOrNot({ offset, length });
    const id = this.begin(offset, length, 'persistAsync()', true);
    this.running++;
    await new Promise(setImmediate);
    this.running--;
    this.recorder.look('stores during persistAsync()');
    this.recorder.drain('persistAsync()', id);
  }

  syncAsync(offset: number, length: number): Promise<void> {
    return this.later(offset, length);
  }

  flushLines(offset: number, length: number): void {
    this.begin(offset, length, 'flush()');
  }
  drainLines(): void {
    this.recorder.look('stores before drain()');
    this.recorder.drain('drain()');
  }
  persistLines(offset: number, length: number): void {
    this.begin(offset, length, 'persist()');
    this.recorder.drain('persist()');
  }
  persistLinesAsync(offset: number, length: number): Promise<void> {
    return this.later(offset, length);
  }
  persistLineRanges(ranges: Ranges): number {
    checkBounds(ranges, this.length);
    this.recorder.look('stores before persistRanges()');
    for (let pair = 0; pair < ranges.count; pair++) {
      const [offset = 0, length = 0] = [ranges.pairs[2 * pair], ranges.pairs[2 * pair + 1]];
      if (length > 0) this.recorder.flush(this.offset + offset, length, 'persistRanges()');
    }
    this.recorder.drain('persistRanges()');
    return -1;
  }
  storeLines(source: Uint8Array, offset: number, length: number, drain: boolean): void {
    this.own('write()', offset, length, () => this.inner.store(source, offset, length), length < STREAMED);
    this.recorder.flush(this.offset + offset, length, 'write()');
    if (drain) this.recorder.drain('write()');
  }
  fillLines(value: number, offset: number, length: number): void {
    this.own('fill()', offset, length, () => this.inner.storeValue(value, offset, length), length < STREAMED);
    this.recorder.flush(this.offset + offset, length, 'fill()');
    this.recorder.drain('fill()');
  }
  persistWord(value: bigint | number, offset: number): void {
    this.storeWord(value, offset);
    this.recorder.flush(this.offset + offset, WORD_BYTES, 'persistWord()');
    this.recorder.drain('persistWord()');
  }

  /** Records what the package itself stores into a range. */
  private own(call: string, offset: number, length: number, store: () => void, isOrdered = true): void {
    this.recorder.look(`stores before ${call}`);
    store();
    this.recorder.ownStore(this.offset + offset, length, call, isOrdered);
  }

  store(source: Uint8Array, offset: number, length: number): void {
    this.own('write()', offset, length, () => this.inner.store(source, offset, length));
  }
  storeValue(value: number, offset: number, length: number): void {
    this.own('fill()', offset, length, () => this.inner.storeValue(value, offset, length));
  }
  storeWord(value: bigint | number, offset: number): void {
    this.own('persistWord()', offset, WORD_BYTES, () => this.inner.storeWord(value, offset));
  }

  advise(advice: number, offset: number, length: number): void {
    this.inner.advise(advice, offset, length);
  }
  populate(offset: number, length: number, write: boolean): void {
    if (!this.events.hasLoads) this.inner.populate(offset, length, write && !this.events.isTraced);
  }
  populateAsync(offset: number, length: number, write: boolean): Promise<void> {
    if (this.events.hasLoads) return Promise.resolve();
    return this.inner.populateAsync(offset, length, write && !this.events.isTraced);
  }
  residency(offset: number, length: number): { pages: number; resident: number } {
    return this.inner.residency(offset, length);
  }
  lock(offset: number, length: number): void {
    if (this.events.hasLoads) this.withoutPages(() => this.inner.lock(offset, length));
    else this.inner.lock(offset, length);
  }
  unlock(offset: number, length: number): void {
    this.inner.unlock(offset, length);
  }

  resize(length: number): Region {
    this.recorder.look('stores before resize()');
    this.recorder.failIfPlanned('resize', 'fallocate');
    const after = this.withoutPages(() => this.inner.resize(length));
    this.events.onResize(this.offset + length);
    const resized = after === this.inner ? this : new SimulatedRegion(after, this.recorder, this.events);
    this.events.onPlaced(resized);
    return resized;
  }

  /** Maps pages of the region anew. */
  private withoutPages<Result>(map: () => Result): Result {
    this.events.onNoPages(this.inner);
    try {
      return map();
    } finally {
      this.events.onPages(this.inner);
    }
  }

  pin(): void {
    this.inner.pin();
  }
  unpin(): void {
    this.inner.unpin();
  }

  takeFaults(): Fault[] {
    return this.recorder.takeFaults();
  }
  remap(offset: number, length: number): void {
    this.withoutPages(() => this.inner.remap(offset, length));
  }
  fence(): void {
    this.events.onNoPages(this.inner);
    this.inner.fence();
  }
  close(onClosed?: () => void): void {
    if (this.state === 'open') this.recorder.look('stores before close()');
    this.events.onNoPages(this.inner);
    this.inner.close(onClosed);
  }
  closeLater(): void {
    this.events.onNoPages(this.inner);
    this.inner.closeLater();
  }
  abandon(): void {
    this.events.onNoPages(this.inner);
    this.inner.abandon();
  }
}
