/** A step of a trace of the proof "legal". Offsets and lengths are bytes, values are whole words. */
export type Step =
  | { readonly call: 'store'; readonly offset: number; readonly value: bigint }
  | { readonly call: 'write'; readonly offset: number; readonly values: readonly bigint[]; readonly drain: boolean }
  | { readonly call: 'fill'; readonly offset: number; readonly length: number; readonly byte: number }
  | { readonly call: 'persistWord'; readonly offset: number; readonly value: bigint }
  | { readonly call: 'flush'; readonly range: Range }
  | { readonly call: 'persist'; readonly range: Range }
  | { readonly call: 'persistRanges'; readonly ranges: readonly Range[] }
  /** persistAsync(), then the steps, then its end, and a look at the memory. */
  | { readonly call: 'persistAsync'; readonly range: Range; readonly during: readonly Step[] }
  | { readonly call: 'drain' | 'ack' }
  /** The next persist fails. */
  | { readonly call: 'fail' };

/** The bytes of a flush. */
export type Range = readonly [offset: number, length: number];

/** The rules of a simulated memory. */
export interface Tier {
  readonly granularity: 'byte' | 'cache-line' | 'page' | 'emulated';
  readonly lines?: 'words' | 'ordered';
  readonly sector?: 512 | 4096;
  /** Each store instruction is seen: the order of all stores is known. */
  readonly trace?: 'exact';
}

/** Two pages. */
export const SIZE = 8192;

/** The words that the traces store: neighbours, another line, another sector, another page. */
export const WORDS = [0, 8, 56, 64, 512, 4096] as const;
