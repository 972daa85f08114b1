import { actorNames, type ActorName } from '../support/actors.js';
import { directFlag } from './direct/kernel.js';
import type { Place } from '../support/file-system-under-test.js';

/** The side that refuses: this package alone, the lease of the kernel, too, or MAP_DIRECT of a kernel that has it. */
export type Level = 'advisory' | 'lease' | 'kernel';
/** Where the kernel's is named, `direct` takes it in place of the others. */
export const levels: readonly Level[] = directFlag === 0 ? ['advisory', 'lease'] : ['kernel'];
export const RULES = 37;

const COLUMN: Readonly<Record<ActorName, string>> = {
  'the same thread': 'same',
  'a worker thread': 'work',
  'another process': 'proc',
};

type Cell = 'pass' | 'FAIL' | 'n/a';

/** Which rule held for whom and where, to be looked at. */
export class Matrix {
  private readonly cells = new Map<string, Cell>();

  private static key(rule: number, level: Level, place: Place, actor: ActorName): string {
    return [rule, level, place.name, actor].join();
  }

  /** A test has begun: it has failed until it is said to have passed. */
  begin(rule: number, level: Level, place: Place, actor: ActorName): () => void {
    const key = Matrix.key(rule, level, place, actor);
    const before = this.cells.get(key);
    this.cells.set(key, 'FAIL');
    return () => this.cells.set(key, before === 'FAIL' ? 'FAIL' : 'pass');
  }

  private row(rule: number, level: Level, places: readonly Place[]): string {
    const cells = places.map((place) =>
      actorNames.map((actor) => (this.cells.get(Matrix.key(rule, level, place, actor)) ?? 'n/a').padEnd(5)).join(''),
    );
    return `${String(rule).padStart(4)} ${level.padEnd(9)}${cells.join(' ')}`;
  }

  /** `reasons`: one line for each thing that has no test somewhere. */
  table(places: readonly Place[], reasons: readonly string[]): string {
    const head = places.map(({ name }) => name.padEnd(15)).join(' ');
    const actors = places.map(() => actorNames.map((name) => COLUMN[name].padEnd(5)).join('')).join(' ');
    const rows = Array.from({ length: RULES }, (_, index) =>
      levels.map((level) => this.row(index + 1, level, places)),
    ).flat();
    return [
      `rule level    ${head}`,
      `              ${actors}`,
      ...rows,
      'n/a:',
      ...reasons.map((reason) => `  ${reason}`),
      '',
    ].join('\n');
  }
}
