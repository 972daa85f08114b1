import { anonymous, type Mapping } from '../../lib/index.js';
import type { Entry } from '../testing/corpus/entry.js';
import { programs, SIZE } from './programs.js';

/** Runs the recovery of a program over contents of its file, and asks its invariant. */
export class Judge implements Disposable {
  private readonly memory: Mapping;
  private readonly entries: readonly Entry[];

  constructor() {
    this.memory = anonymous(SIZE);
    this.entries = programs('no file', () => this.memory);
  }

  /** @param acknowledged - the number of acknowledgements before the crash. */
  allows(program: number, content: Buffer, acknowledged: number): boolean {
    const entry = this.entries[program];
    if (entry === undefined) throw new Error(`there is no program ${program}`);
    this.memory.view(0, SIZE).set(content);
    try {
      return entry.invariant(entry.recover(this.memory), Array(acknowledged).fill(true)) !== false;
    } catch {
      return false;
    }
  }

  [Symbol.dispose](): void {
    this.memory.close();
  }
}
