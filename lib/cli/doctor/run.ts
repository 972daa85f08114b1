import type { Io } from '../io.js';
import { jsonLine } from '../json.js';
import { versions } from '../versions.js';
import { examine, type Examination } from './examine.js';
import { reportExamination } from './report.js';
import { requirementOf, type GuaranteeName, type Requirement } from './require.js';

export interface DoctorOptions {
  readonly path: string;
  readonly required: readonly GuaranteeName[];
  readonly json: boolean;
}

function asJson(found: Examination, required: readonly Requirement[]): string {
  const { path, ...answers } = found;
  return jsonLine({
    ...versions(),
    path: path.answer,
    answers: { path, ...answers },
    required,
    ok: required.every(({ met }) => met),
  });
}

/**
 * Prints what the path and the machine can do. Returns 0, or 1 if a required guarantee is not met.
 *
 * @throws the errors of probeSync() for a path that cannot be asked.
 */
export function runDoctor({ path, required, json }: DoctorOptions, io: Io): number {
  const found = examine(path);
  const requirements = required.map((guarantee) => requirementOf(guarantee, found));
  const { mapdirect, runtime, kernel } = versions();
  if (json) io.stdout.write(asJson(found, requirements));
  else reportExamination(`mapdirect ${mapdirect}, ${runtime}, ${kernel}`, found, requirements, io);
  const unmet = requirements.filter(({ met }) => !met).map(({ guarantee }) => guarantee);
  if (unmet.length === 0) return 0;
  io.stderr.write(`mapdirect doctor: not met: ${unmet.join(', ')}\n`);
  return 1;
}
