import { files, map } from '../../lib/index.js';
import { Witness } from './witness.js';

/** Blocks this thread. */
export function waitFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The code of the error of an operation; undefined: it succeeded. */
export function codeOf(operation: () => unknown): string | undefined {
  try {
    operation();
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code ?? message;
  }
}

/**
 * Truncates the file to and fro while another actor seals it. @returns every wrong verdict, and every code but ETXTBSY.
 */
export function hammer(
  path: string,
  witnessed: string,
  lengths: readonly [number, number],
  milliseconds: number,
): string[] {
  using witness = new Witness(witnessed);
  const wrong: string[] = [];
  let turn = 0;
  for (const end = Date.now() + milliseconds; Date.now() < end;) {
    const before = witness.now();
    const code = codeOf(() => files.truncate(path, lengths[turn++ % 2] ?? 0));
    const verdict = witness.judge(before, code === undefined);
    if (verdict !== 'fits') wrong.push(verdict);
    if (code !== undefined && code !== 'ETXTBSY') wrong.push(code);
  }
  return wrong;
}

/** Seals and releases many times, `each` milliseconds long, and notes each phase in the witness. */
export function sealRepeatedly(path: string, witnessed: string, milliseconds: number, each: number): void {
  using witness = new Witness(witnessed);
  using mapping = map(path, { length: 1 });
  for (const end = Date.now() + milliseconds; Date.now() < end; waitFor(each)) {
    witness.next();
    try {
      const seal = mapping.seal();
      witness.next();
      witness.count('sealed');
      waitFor(each);
      witness.next();
      seal.release();
      witness.next();
    } catch (error) {
      witness.fail();
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    }
  }
}
