import { files, map, type Mapping } from '../../lib/index.js';

/**
 * What a sealer is at, as everybody else can see it without asking the package: a counter that only grows, in memory that
 * threads and processes share. Its remainder by 4 is the phase.
 */
const PHASES = 4;
const FREE = 0;
const HELD = 2;

/** A judgement over one operation: nothing to say, or what is wrong. */
export type Verdict = 'fits' | 'succeeded while sealed' | 'refused while not sealed';

export class Witness implements Disposable {
  private readonly mapping: Mapping;
  private readonly word: Int32Array;

  /** @param path - of a file that all parties map, at least a page long. */
  constructor(path: string) {
    this.mapping = map(path);
    this.word = new Int32Array(this.mapping.arrayBuffer(0, 4));
  }

  get state(): number {
    return Atomics.load(this.word, 0);
  }

  /** free, taking, held, dropping, and so on. */
  next(): void {
    Atomics.add(this.word, 0, 1);
  }

  /** @param before - `state` before the operation; nothing is known when it has changed meanwhile. */
  judge(before: number, succeeded: boolean): Verdict {
    if (before !== this.state) return 'fits';
    const phase = before % PHASES;
    if (succeeded && phase === HELD) return 'succeeded while sealed';
    if (!succeeded && phase === FREE) return 'refused while not sealed';
    return 'fits';
  }

  [Symbol.dispose](): void {
    this.mapping.close();
  }
}

function codeOf(operation: () => void): string | undefined {
  try {
    operation();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'none';
  }
}

/** What came of many guarded operations. */
export interface Hammered {
  readonly succeeded: number;
  readonly refused: number;
  /** Every verdict that does not fit, and every code but ETXTBSY. */
  readonly wrong: string[];
}

/** Truncates the file to and fro while somebody else seals it. */
export function hammer(path: string, witnessed: string, lengths: readonly [number, number], milliseconds: number): Hammered {
  using witness = new Witness(witnessed);
  const result = { succeeded: 0, refused: 0, wrong: [] as string[] };
  for (const end = Date.now() + milliseconds; Date.now() < end; ) {
    const before = witness.state;
    const code = codeOf(() => files.truncate(path, lengths[result.succeeded % 2] ?? 0));
    const verdict = witness.judge(before, code === undefined);
    if (verdict !== 'fits') result.wrong.push(verdict);
    if (code === undefined) result.succeeded++;
    else if (code === 'ETXTBSY') result.refused++;
    else result.wrong.push(code);
  }
  return result;
}

/** Seals and lets go again, many times, and tells the witness. @returns how often it was sealed. */
export function sealRepeatedly(path: string, witnessed: string, milliseconds: number): number {
  using witness = new Witness(witnessed);
  using mapping = map(path, { length: 1 });
  let sealed = 0;
  for (const end = Date.now() + milliseconds; Date.now() < end; ) {
    witness.next();
    if (codeOf(() => mapping.seal()) === undefined) {
      witness.next();
      sealed++;
      waitFor(2);
      witness.next();
      for (const seal of mapping.seals) seal.release();
      witness.next();
      waitFor(2);
    } else {
      while (witness.state % PHASES !== FREE) witness.next();
    }
  }
  return sealed;
}

/** Blocks this thread. */
function waitFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
