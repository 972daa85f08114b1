import { WORD_BYTES } from '../core/word.js';
import type { Rules } from './model.js';
import type { Store, TraceEvent } from './trace.js';
import { eachWord, hexOf } from './word-memory.js';

/** The base address in the log: a mapping of a simulation has no address of its own. */
const BASE = 0;

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Each word; of an instruction that was traced, the part of each word that it has changed. */
function storesOf({ words, span }: Store): string[] {
  const lines: string[] = [];
  eachWord(words, (word, _oldLow, _oldHigh, low, high) => {
    const next = (word + 1) * WORD_BYTES;
    const start = Math.max(word * WORD_BYTES, span?.offset ?? 0);
    const end = Math.min(next, span === undefined ? Infinity : span.offset + span.length);
    const digits = hexOf(low, high).slice(2 * (next - end), 2 * (next - start));
    lines.push(`STORE;${hex(BASE + start)};0x${digits};${hex(end - start)}`);
  });
  return lines;
}

/** Readers of the log take a flush as it stands: it covers the whole lines or pages that it makes durable. */
function flushed(offset: number, length: number, { block }: Rules): string {
  const start = Math.floor(offset / block) * block;
  const end = Math.ceil((offset + length) / block) * block;
  return `FLUSH;${hex(BASE + start)};${hex(end - start)}`;
}

/** The trace in the format of pmemcheck's store log, which pmreorder reads (pmem/pmdk, src/tools/pmreorder). */
export function storeLog(events: readonly TraceEvent[], size: number, rules: Rules): string {
  const all = flushed(0, size, rules);
  const parts = ['START', `REGISTER_FILE;simulation;${hex(BASE)};${hex(size)};0x0`];
  for (const event of events) {
    if (event.kind === 'store') parts.push(...storesOf(event));
    else if (event.kind === 'flush') parts.push(rules.drainsAll ? all : flushed(event.offset, event.length, rules));
    else if (event.kind === 'drain') {
      if (rules.drainsAll && event.id === undefined) parts.push(all); // the log knows no store that needs no flush
      parts.push('FENCE');
    }
  }
  return [...parts, 'STOP'].join('|');
}
