import type { Span } from '../backend/region.js';
import { WORD_BYTES } from '../core/word.js';

/** A run of instructions that store into one word, each other bytes of it. */
interface Run {
  readonly word: number;
  readonly bytes: Set<number>;
  readonly members: number[];
}

/** The word that the store is a part of; undefined: it has whole words, or parts of two. */
function wordOf(span: Span | undefined): number | undefined {
  if (span === undefined || span.length >= WORD_BYTES) return undefined;
  const word = Math.floor(span.offset / WORD_BYTES);
  return span.offset + span.length <= (word + 1) * WORD_BYTES ? word : undefined;
}

/**
 * The number of instructions that store one value of a word. Neighbours in the trace that store different bytes of one
 * word count as one value.
 *
 * @param spans - the bytes that each instruction stores; undefined: not known.
 * @returns for each instruction the number: 1, where it stands alone.
 */
export function countPieces(spans: readonly (Span | undefined)[]): readonly number[] {
  const counts = spans.map(() => 1);
  let run: Run | undefined;
  const end = (): void => {
    for (const member of run?.members ?? []) counts[member] = run?.members.length ?? 1;
    run = undefined;
  };
  for (const [index, span] of spans.entries()) {
    const word = wordOf(span);
    if (span === undefined || word === undefined) {
      end();
      continue;
    }
    const bytes = Array.from({ length: span.length }, (_, byte) => span.offset + byte);
    if (run !== undefined && (run.word !== word || bytes.some((byte) => run?.bytes.has(byte)))) end();
    run ??= { word, bytes: new Set(), members: [] };
    for (const byte of bytes) run.bytes.add(byte);
    run.members.push(index);
  }
  end();
  return counts;
}
