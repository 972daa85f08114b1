import type { Backend } from '../backend/backend.js';
import type { Region } from '../backend/region.js';
import { constants } from '../core/constants.js';
import { errno, outOfRange, systemError } from '../core/errors.js';
import { EMULATED_METHOD, type Guarantee } from '../core/granularity.js';
import { checkPositiveSize } from '../core/validators.js';
import { WORD_BYTES } from '../core/word.js';
import { mapDescriptor } from '../map/map-descriptor.js';
import type { SimulatedFile } from '../map/simulated-files.js';
import type { Mapping } from '../mapping/mapping.js';
import type { SimulatedGranularity } from './model.js';
import { ExactTrace } from './exact-trace.js';
import { NO_READS, type Reads } from './read-log.js';
import { Recorder } from './recorder.js';
import { SimulatedRegion } from './simulated-region.js';
import type { Tracer } from './tracer.js';

const { PAGE_SIZE } = constants;

const guarantees: Readonly<Record<SimulatedGranularity, Guarantee>> = Object.freeze({
  byte: { granularity: 'byte', method: 'fence', domain: 'cpu-cache' },
  'cache-line': { granularity: 'cache-line', method: 'clwb', domain: 'memory-controller' },
  page: { granularity: 'page', method: 'msync', domain: 'storage' },
  emulated: { granularity: 'page', method: EMULATED_METHOD, domain: 'storage' },
});

/**
 * Memory without a name under real mappings, with a {@link Recorder}. The real backend makes the bytes, the views and
 * the end of each mapping; only durability is simulated.
 */
export class SimulatedMemory implements SimulatedFile {
  readonly recorder: Recorder;
  private readonly backend: Backend;
  private readonly fd: number;
  private readonly mappings = new Set<Mapping>();
  private reused: Mapping | undefined;
  private bytes: number;
  /** Sees every store of every mapping, if the backend is coherent. */
  private readonly observer: Mapping;
  private readonly exact: ExactTrace | undefined;

  /**
   * @param tracer - for an exact trace; undefined: stores are found by comparison.
   * @param hasLoads - the trace has the loads, too.
   */
  constructor(
    private readonly real: Backend,
    granularity: SimulatedGranularity,
    size: number,
    tracer?: Tracer,
    hasLoads = false,
  ) {
    this.bytes = size;
    this.exact = tracer === undefined ? undefined : new ExactTrace(tracer, hasLoads);
    this.fd = real.memoryFile('mapdirect-testing', roundedSize(size), 0);
    this.backend = Object.freeze<Backend>({
      ...real,
      simulates: guarantees[granularity],
      registrations: undefined,
      leaseEvents: undefined,
      faultEvents: undefined,
      map: (request) => this.wrap(real.map({ ...request, sync: 'off' })),
    });
    this.observer = this.mapFrom(real, roundedSize(size));
    this.recorder = new Recorder(this.observer.buffer, this.exact);
  }

  /** The emulation has no memory beyond a mapping, and the words of a simulation are whole. */
  private wholeWords(length: number): number {
    return this.real.capabilities.coherent ? length : Math.ceil(length / WORD_BYTES) * WORD_BYTES;
  }

  private mapFrom(backend: Backend, length: number, offset = 0): Mapping {
    const fd = this.real.files.adopt(this.fd);
    return mapDescriptor(backend, fd, { offset, length, access: 'write', anonymous: true });
  }

  private wrap(region: Region): Region {
    const simulated = new SimulatedRegion(region, this.recorder, {
      onResize: (length) => this.growTo(length, 'resize()'),
      onWindow: (window) => this.lookAt(window),
      onPlaced: (placed) => this.lookAtAll(placed),
      onPages: (inner) => this.trace(inner),
      onNoPages: (inner) => this.exact?.release(inner),
      isTraced: this.exact !== undefined,
      hasLoads: this.exact?.hasLoads === true,
    });
    this.lookAtAll(simulated);
    return simulated;
  }

  private trace(region: Region): void {
    try {
      this.exact?.protect(region);
    } catch (error) {
      region.close();
      throw error;
    }
  }

  /** The emulation: a window of a new region leads to its memory. */
  private lookAtAll(region: SimulatedRegion): void {
    if (!this.real.capabilities.coherent) region.window(0, region.length);
  }

  /** Each mapping of the emulation has memory of its own: the newest one is looked at. */
  private lookAt(window: ArrayBuffer): void {
    if (this.real.capabilities.coherent || window === this.recorder.live.buffer) return;
    this.recorder.lookAt(Buffer.from(window));
  }

  /** The words that were loaded since the last call, up to the last look; none, if the loads are not traced. */
  takeReads(): Reads {
    return this.exact?.takeReads() ?? NO_READS;
  }

  /** Bytes of the memory, which need not end with a page. */
  get length(): number {
    return this.bytes;
  }

  /** The memory becomes longer with one of its mappings; a shorter mapping leaves it as it is. */
  private growTo(length: number, call: string): void {
    if (length <= this.bytes) return;
    this.bytes = length;
    this.recorder.grow(length, call);
    const size = roundedSize(length);
    if (size <= this.recorder.live.length) return;
    this.observer.resize(size);
    this.recorder.moveTo(this.observer.buffer);
  }

  /** One more mapping of the memory. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
  map(length = this.bytes): Mapping {
    checkPositiveSize(length, 'length');
    if (length > this.bytes) throw outOfRange('length', `<= ${this.bytes}, the size of the memory`, length);
    return this.mapRange(0, length);
  }

  mapRange(offset: number, length: number): Mapping {
    if (offset > 0 && !this.real.capabilities.coherent)
      throw systemError(errno.EOPNOTSUPP, 'map', undefined, 'without the native binary a simulation has no offset');
    const mapping = this.mapFrom(this.backend, this.wholeWords(length), offset);
    this.mappings.add(mapping);
    return mapping;
  }

  grow(length: number): void {
    this.recorder.look('stores before map()');
    this.recorder.failIfPlanned('resize', 'fallocate');
    this.growTo(length, 'map()');
  }

  /**
   * The mapping for a recovery, which finds a memory of this length. It serves again until it is closed: 100,000
   * recoveries need one.
   */
  mappingFor(length: number): Mapping {
    this.bytes = length;
    if (this.reused === undefined || this.reused.closed || this.reused.length !== length) {
      this.reused?.close();
      this.reused = this.mapFrom(this.backend, this.wholeWords(length));
    }
    return this.reused;
  }

  /** Closes every mapping. */
  close(): void {
    this.closeMappings();
    this.reused?.close();
    this.exact?.close();
    this.observer.close();
    this.real.files.close(this.fd);
  }

  /** Closes the mappings of {@link map}. */
  closeMappings(): void {
    for (const mapping of this.mappings) mapping.close();
    this.mappings.clear();
    if (this.real.capabilities.coherent) return;
    this.reused?.close(); // its memory is its own: another mapping may have been looked at since
    this.recorder.keep();
  }
}

function roundedSize(size: number): number {
  return Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
}
