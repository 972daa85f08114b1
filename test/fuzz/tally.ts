import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'calls-by-name.json';

/** How often a process has called each name. Its parent reads it at the end. */
export class Tally {
  private readonly counts: Record<string, number> = Object.create(null) as Record<string, number>;
  private readonly path = join(process.cwd(), FILE);

  note(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  write(): void {
    writeFileSync(this.path, JSON.stringify(this.counts));
  }
}

/** The names that were called, from the directory of a process that has written its {@link Tally}. */
export function calledNames(directory: string): readonly string[] {
  return Object.keys(JSON.parse(readFileSync(join(directory, FILE), 'utf8')) as object);
}
