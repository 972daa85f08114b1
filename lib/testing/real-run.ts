import { AssertionError } from 'node:assert';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../core/environment.js';
import { invalidValue } from '../core/errors.js';
import { map } from '../map.js';
import { recoverOnce } from './attempt.js';
import type { CrashTest } from './crash-test.js';
import { parseSimulator } from './options.js';
import { CrashReport } from './report.js';

const VARIABLE = 'MAPDIRECT_CRASHES';

/** Whether the environment asks for real mappings. @throws ERR_INVALID_ARG_VALUE for another word than 'off'. */
export function areCrashesOff(): boolean {
  const word = environment[VARIABLE];
  if (word === undefined || word === '') return false;
  if (word === 'off') return true;
  throw invalidValue(VARIABLE, "must be 'off', or not be set", word);
}

/** The path of the test, or one in `folder`. @throws ERR_INVALID_ARG_VALUE: a file is there. */
function pathOf(path: string | undefined, folder: string): string {
  if (path === undefined) return join(folder, 'memory');
  if (existsSync(path))
    throw invalidValue('options.path', `must not be there with ${VARIABLE}=off: the test would change it`, path);
  return path;
}

async function runOn<State>(path: string, size: number, test: CrashTest<State>): Promise<void> {
  const acks: unknown[] = [];
  {
    using mapping = map(path, { create: true, size });
    await test.setup?.(mapping);
    await test.workload(mapping, (value) => acks.push(value));
  }
  using mapping = map(path);
  const verdict = await recoverOnce(mapping, acks, test.recover, test.invariant);
  if (verdict === undefined) return;
  const message = `on a real mapping, without a crash: ${verdict.error.message}`;
  throw new AssertionError({ message, operator: 'checkCrashes' });
}

/**
 * The program of a test over a real mapping of a real file, once and without a crash; then its recovery over another
 * mapping of it. The file is removed.
 */
export async function runReal<State>(test: CrashTest<State>): Promise<CrashReport> {
  const { size, path, lines, sector, trace, diagnostics, seed } = test;
  const parsed = parseSimulator({ size, path, lines, sector, trace, diagnostics, seed });
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-testing-'));
  const real = pathOf(parsed.path, folder);
  try {
    await runOn(real, parsed.size, test);
    return new CrashReport(/*exhaustive=*/ false, /*images=*/ 1, /*points=*/ 0, [], []);
  } finally {
    rmSync(real, { force: true });
    rmSync(folder, { recursive: true });
  }
}
