// The logs of the corpus, as programs whose calls are watched.
import type { map, Mapping } from '../../lib/index.js';
import { documentLogs } from '../testing/corpus/document-log.js';
import type { Entry } from '../testing/corpus/entry.js';
import { randomStores } from './random-stores.js';

/** A moment of a program: before a call that may make stores durable, after it, and after an acknowledgement. */
export type Mark = 'call' | 'return' | 'acknowledged';
export type OnMark = (mark: Mark) => void;

/** Bytes of the file: the tail in one page, the records in the other. */
export const SIZE = 8192;
export const PAGE = 4096;
const RECORDS = 24;
/** Its header and half of its payload are in one sector, the other half is in the next. */
const OVERWRITES = 4096 + 512 - 24;

const FLUSHING = ['persist', 'write'] as const satisfies readonly (keyof Mapping)[];

/** Calls `onMark` around each call of the mapping that may make stores durable. */
function watch(mapping: Mapping, onMark: OnMark): Mapping {
  for (const name of FLUSHING) {
    const call = mapping[name].bind(mapping) as (...args: unknown[]) => unknown;
    const value = (...args: unknown[]): unknown => {
      onMark('call');
      const result = call(...args);
      onMark('return');
      return result;
    };
    Object.defineProperty(mapping, name, { value });
  }
  return mapping;
}

/** The programs over the file of this path: the right log, the wrong ones, and random stores. */
export function programs(path: string, open: typeof map): readonly Entry[] {
  const payloads = Array.from({ length: RECORDS }, (_, n) => `record ${n} `.padEnd(12 + ((n * 5) % 13), '.'));
  const { right, wrong } = documentLogs({ path, size: SIZE, payloads, overwrites: OVERWRITES, map: open });
  return [right, ...wrong, randomStores(SIZE)];
}

/** The program of that number, watched, over the file of this path. */
export class WatchedProgram implements Disposable {
  private readonly mappings: Mapping[] = [];
  private readonly entry: Entry;

  constructor(
    number: number,
    private readonly path: string,
    private readonly open: typeof map,
    private readonly onMark: OnMark,
  ) {
    const watched: typeof map = (target, options) => {
      const mapping = watch(open(target, options), onMark);
      this.mappings.push(mapping);
      return mapping;
    };
    const entry = programs(path, watched)[number];
    if (entry === undefined) throw new Error(`there is no program ${number}`);
    this.entry = entry;
  }

  /** Stores what was there before the program. */
  setUp(): void {
    using mapping = this.open(this.path);
    this.entry.setup?.(mapping);
  }

  run(): void {
    const mapping = watch(this.open(this.path), this.onMark);
    this.mappings.push(mapping);
    this.entry.workload(mapping, () => this.onMark('acknowledged'));
  }

  [Symbol.dispose](): void {
    for (const mapping of this.mappings) mapping.close();
  }
}
