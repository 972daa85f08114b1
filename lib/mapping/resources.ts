import type { Region } from '../backend/region.js';
import { dirname } from 'node:path';
import type { Granularity } from '../core/granularity.js';
import { mappingCounts } from '../backend/live-mappings.js';
import { switchedOn } from '../core/switched-on.js';
import type { Seal } from '../seals/seal.js';
import { environment } from '../core/environment.js';

let tracing: boolean | undefined;

/** MAPDIRECT_TRACE_LEAKS, read once. @throws ERR_INVALID_ARG_VALUE: it is neither '1' nor '0'. */
export function tracesLeaks(): boolean {
  return (tracing ??= switchedOn('MAPDIRECT_TRACE_LEAKS', environment));
}

// Above the caller of map() there may be this many frames of the package's own.
const FRAMES = 40;

/** Where the mapping is made: the frames of the package's caller; all frames where there are no others. */
function callers(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = stackTraceLimit;
  const theirs = frames.filter((frame) => !frame.includes(dirname(__dirname)));
  return (theirs.length > 0 ? theirs : frames).slice(0, stackTraceLimit).join('\n');
}

/**
 * What outlives a Mapping object: the region it stands for, and its place in the counts of stats(). Held by the Mapping
 * and by the collector, and holds neither: that is what lets a dropped Mapping be collected.
 */
export class Life {
  private region: Region | undefined;
  private held: Set<Seal> | undefined;

  constructor(
    region: Region,
    private readonly granularity: Granularity,
    private readonly path: string | undefined,
    private readonly stack: string | undefined,
  ) {
    this.region = region;
    mappingCounts.mappings[granularity]++;
    mappingCounts.bytes[granularity] += region.length;
  }

  /** Goes on with another region, or with the same one at another length. */
  change(region: Region, lengthBefore: number): void {
    mappingCounts.bytes[this.granularity] += region.length - lengthBefore;
    this.region = region;
  }

  /** The seals that end with the mapping. */
  get seals(): readonly Seal[] {
    return [...(this.held ?? [])];
  }

  addSeal(seal: Seal): void {
    (this.held ??= new Set()).add(seal);
  }

  /** It was released before the mapping ended. */
  dropSeal(seal: Seal): void {
    this.held?.delete(seal);
  }

  /** After the pages are gone: to the last moment nobody may move the blocks under them. */
  private releaseSeals(): void {
    for (const seal of this.held ?? []) seal.release();
  }

  /** The Mapping is closed. @throws as Region.close(): then it goes on as it was. */
  end(): void {
    this.region?.close(() => {
      this.take(); // also if a seal cannot be released: the region is gone
      this.releaseSeals();
    });
    this.take();
  }

  get ended(): boolean {
    return this.region === undefined;
  }

  /** Nobody closed it, and neither the Mapping nor a view of it can be reached any more. */
  collected(): void {
    const region = this.take();
    if (region === undefined) return;
    mappingCounts.leaked++;
    region.abandon();
    this.releaseSeals();
    if (this.stack === undefined) return;
    const whose = this.path === undefined ? '' : ` of '${this.path}'`;
    process.emitWarning(
      `A mapping${whose} of ${region.length} bytes was dropped without close(); it was made here:\n${this.stack}`,
      {
        type: 'MapdirectWarning',
        code: 'MAPDIRECT_LEAK',
      },
    );
  }

  /** The region, once. V8 holds a Life for a while after it was unregistered: nothing must hang on it by then. */
  private take(): Region | undefined {
    const { region } = this;
    if (region === undefined) return undefined;
    collector.unregister(this);
    mappingCounts.mappings[this.granularity]--;
    mappingCounts.bytes[this.granularity] -= region.length;
    this.region = undefined;
    return region;
  }
}

const collector = new FinalizationRegistry<Life>((life) => life.collected());

/**
 * Begins the life of `mapping` over `region`: it ends with Life.end(), or when garbage collection finds that nobody can
 * reach it. With MAPDIRECT_TRACE_LEAKS=1 in the environment the second case is a process warning with the path and the stack of the caller.
 */
export function beginLife(mapping: object, region: Region, granularity: Granularity, path: string | undefined): Life {
  const life = new Life(region, granularity, path, tracesLeaks() ? callers() : undefined);
  collector.register(mapping, life, life);
  return life;
}
