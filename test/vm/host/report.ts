import type { Boot } from './guest.js';

const COLUMNS = ['configuration', 'place', 'mapSync', 'granularity', 'method', 'domain'] as const;

/** The matrix place x mapSync x granularity x method, as text. */
export function matrixTable(rows: readonly Readonly<Record<string, string | boolean>>[]): string {
  const cells = [
    COLUMNS as readonly string[],
    ...rows.map((row) => COLUMNS.map((column) => String(row[column] ?? ''))),
  ];
  const widths = COLUMNS.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The failure of a boot itself; undefined: it reached its end. */
export function complaint({ end }: Boot): string | undefined {
  if ('exit' in end) return end.exit === 0 ? undefined : `a script of the guest ended with ${end.exit}`;
  return `the guest ${end.ended === 'timeout' ? 'took too long and was stopped' : 'ended without a result'}; its console said last:\n${end.tail.join('\n')}`;
}

/** Counts over all boots. */
export class Totals {
  passed = 0;
  failed = 0;
  skipped = 0;

  add({ tests }: Boot): void {
    for (const { status } of tests) {
      if (status === 'passed') this.passed++;
      else if (status === 'failed') this.failed++;
      else this.skipped++;
    }
  }

  /** A boot that broke off, or a check of the host's, counts as a test. */
  judge(ok: boolean): void {
    if (ok) this.passed++;
    else this.failed++;
  }

  toString(): string {
    return `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }
}
