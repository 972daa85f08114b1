import { InFlight, type Rules, type Unit } from './model.js';
import { Overwrites } from './overwritten.js';
import type { Site, TraceEvent } from './trace.js';

/** The name of a finding. docs/testing.md has the class that each has in the literature. */
export type DiagnosticId =
  | 'never-flushed'
  | 'never-drained'
  | 'stored-after-flush'
  | 'overwritten'
  | 'torn-word'
  | 'reads-unguaranteed'
  | 'flush-clean'
  | 'flush-twice'
  | 'drain-idle';

/** A call that is missing or useless, or a read that relies on one. */
export interface Diagnostic {
  /** The name of the finding. */
  readonly id: DiagnosticId;
  /** It costs time only: no content of a crash is wrong because of it. */
  readonly cost: boolean;
  /** Bytes from the start of the memory; -1: it is about no range. */
  readonly offset: number;
  /** One sentence, with the lines of the program. */
  readonly text: string;
}

/** The same finding of one line of the program is told once. */
export class Findings {
  readonly list: Diagnostic[] = [];
  private readonly known = new Set<string>();

  add(id: DiagnosticId, cost: boolean, offset: number, text: string): void {
    const key = `${id} ${text.replace(/\bstore \d+ of \d+\b/g, '').replace(/\b\d+\b/, '')}`;
    if (this.known.has(key)) return;
    this.known.add(key);
    this.list.push({ id, cost, offset, text: `${id}: ${text}` });
  }
}

function storedAt({ moments }: Unit): Site | undefined {
  return moments.at(-1)?.atoms.at(-1)?.site;
}

function atEnd(inFlight: InFlight, flushes: ReadonlyMap<Unit, number>, rules: Rules, findings: Findings): void {
  for (const unit of inFlight.units.values()) {
    const offset = unit.index * rules.unit;
    const stored = `the bytes at ${offset}, ${storedAt(unit)?.toString() ?? 'stored'}`;
    const flushedUpTo = flushes.get(unit);
    if (unit.flushed === undefined || flushedUpTo === undefined)
      findings.add('never-flushed', false, offset, `${stored}; no flush covers them`);
    else if (flushedUpTo < unit.gone + unit.moments.length)
      findings.add('stored-after-flush', false, offset, `${stored}, after ${unit.flushed.toString()}`);
    else findings.add('never-drained', false, offset, `${stored}, ${unit.flushed.toString()}; no drain follows`);
  }
}

/** Looks at each flush and drain of a trace. `wanted`: the findings that are off by default. */
export function diagnose(
  events: readonly TraceEvent[],
  rules: Rules,
  wanted: readonly DiagnosticId[] = [],
): readonly Diagnostic[] {
  const findings = new Findings();
  const inFlight = new InFlight(rules);
  const overwrites = wanted.includes('overwritten') ? new Overwrites(rules, inFlight) : undefined;
  const flushes = new Map<Unit, number>();
  let pending = 0;
  for (const [number, event] of events.entries()) {
    if (event.kind === 'store' && overwrites !== undefined) {
      for (const { offset, earlier } of overwrites.store(event, number))
        findings.add(
          'overwritten',
          false,
          offset,
          `the word at ${offset}, ${earlier.toString()}, is stored anew before it is durable: ${event.site.toString()}`,
        );
    }
    if (event.kind === 'flush') {
      const covered = inFlight.coveredBy(event.offset, event.length);
      const fresh = covered.filter((unit) => (flushes.get(unit) ?? -1) < unit.gone + unit.moments.length);
      if (covered.length === 0)
        findings.add(
          'flush-clean',
          true,
          event.offset,
          `${event.site.toString()} finds nothing to write at ${event.offset}`,
        );
      else if (fresh.length === 0)
        findings.add(
          'flush-twice',
          true,
          event.offset,
          `${event.site.toString()} flushes the bytes at ${event.offset} again`,
        );
      for (const unit of covered) flushes.set(unit, unit.gone + unit.moments.length);
      pending++;
    }
    if (event.kind === 'drain') {
      if (pending === 0 && !rules.drainsAll)
        findings.add('drain-idle', true, -1, `${event.site.toString()} has no flush to wait for`);
      pending = event.id === undefined ? 0 : Math.max(0, pending - 1);
    }
    inFlight.apply(event, number);
  }
  if (rules.drainsAll)
    for (const unit of inFlight.units.values())
      findings.add(
        'never-drained',
        false,
        unit.index * rules.unit,
        `the bytes at ${unit.index * rules.unit}, ${storedAt(unit)?.toString() ?? 'stored'}; no drain follows`,
      );
  else atEnd(inFlight, flushes, rules, findings);
  return findings.list;
}
