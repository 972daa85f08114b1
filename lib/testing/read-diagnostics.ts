import { WORD_BYTES } from '../core/word.js';
import type { Span } from '../backend/region.js';
import { Findings, type Diagnostic } from './diagnostics.js';
import type { StoredAtom } from './model.js';
import type { Reads } from './read-log.js';
import type { TraceEvent } from './trace.js';
import type { CrashPoint } from './walk.js';

/** A word that recovery has read, and that a crash may leave old or new. */
interface Unsure {
  readonly offset: number;
  /** Its unit, by its place. */
  readonly unit: number;
  readonly stored: StoredAtom;
  /** As in Store. */
  readonly pieces: number;
}

/** Looks at the words that each recovery has read. docs/testing.md has the rules. */
export class ReadDiagnostics {
  private readonly findings = new Findings();

  /** @param checksummed - ranges whose words recovery may find in any mixture. */
  constructor(
    private readonly atom: 1 | 8,
    private readonly checksummed: readonly Span[],
  ) {}

  get list(): readonly Diagnostic[] {
    return this.findings.list;
  }

  /** @param failed - recovery was wrong: then all that it has loaded counts. */
  note(point: CrashPoint, events: readonly TraceEvent[], { words, sure }: Reads, failed: boolean): void {
    if (point.units.length === 0) return;
    const unsure = this.unsure(point, events, failed ? words : sure);
    const [first] = unsure;
    if (first === undefined) return;
    for (const { offset, stored, pieces } of unsure)
      if (pieces > 1)
        this.findings.add(
          'torn-word',
          false,
          offset,
          `recovery reads the word at ${offset}, ${stored.site.toString()}, which was stored in ${pieces} pieces: use ` +
            'write(), or Atomics.store()',
        );
    for (const { offset, unit, stored } of unsure)
      if (unit !== first.unit)
        this.findings.add(
          'reads-unguaranteed',
          false,
          offset,
          `recovery reads the word at ${offset}, ${stored.site.toString()}, after the one at ${first.offset}, ` +
            `${first.stored.site.toString()}; no drain covers them, so each may be old or new. Drain between the two, or ` +
            'declare the checksum over them (checksummed)',
        );
  }

  /** In the order of the reads. */
  private unsure(point: CrashPoint, events: readonly TraceEvent[], words: ReadonlySet<number>): Unsure[] {
    const stores = storesOf(point, this.atom);
    const found: Unsure[] = [];
    for (const word of words) {
      const offset = word * WORD_BYTES;
      if (this.checksummed.some((span) => offset + WORD_BYTES > span.offset && offset < span.offset + span.length))
        continue;
      for (const { unit, stored, event } of stores.get(word) ?? []) {
        const store = events[event];
        found.push({ offset, unit, stored, pieces: store?.kind === 'store' ? store.pieces : 1 });
      }
    }
    return found;
  }
}

type InFlightStore = Pick<Unsure, 'unit' | 'stored'> & { readonly event: number };

/** The stores in flight, by their words: the last one in each unit. */
function storesOf({ units }: CrashPoint, atom: 1 | 8): ReadonlyMap<number, readonly InFlightStore[]> {
  const stores = new Map<number, InFlightStore[]>();
  for (const [unit, crashed] of units.entries()) {
    for (const { event, atoms } of crashed.unit.moments) {
      for (const stored of atoms) {
        const word = Math.floor((stored.atom * atom) / WORD_BYTES);
        const others = (stores.get(word) ?? []).filter((other) => other.unit !== unit);
        stores.set(word, [...others, { unit, stored, event }]);
      }
    }
  }
  return stores;
}
