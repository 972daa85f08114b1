import type { Mapping } from '../../../lib/index.js';

/** A program of the corpus, wrong or mended, with its recovery. */
export interface Entry {
  readonly name: string;
  /** Set if the program opens its own file. */
  readonly path?: string;
  readonly size: number;
  readonly setup?: (mapping: Mapping) => void;
  readonly workload: (mapping: Mapping, ack: (value?: unknown) => void) => void;
  readonly recover: (mapping: Mapping) => unknown;
  /** Throws, or returns false, for a wrong state. */
  readonly invariant: (state: unknown, acks: readonly unknown[]) => unknown;
}

/** Offsets of words that the report on a wrong program must name. */
export interface Wrong extends Entry {
  readonly kind: 'invariant' | 'recovery';
  readonly present: readonly number[];
  readonly absent: readonly number[];
}

/** Stores a word by one instruction. */
export function put(mapping: Mapping, offset: number, value: number): void {
  const { buffer, byteOffset } = mapping.view(offset, 8);
  Atomics.store(new BigUint64Array(buffer, byteOffset, 1), 0, BigInt(value));
}

export function get(mapping: Mapping, offset: number): number {
  return Number(mapping.view(offset, 8).readBigUInt64LE());
}

/** The words of a range. */
export function getAll(mapping: Mapping, offset: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => get(mapping, offset + 8 * index));
}
