// Known faults of known programs: each is found with the default options, and no mended program is refused.
import { describe, expect, test } from '@jest/globals';
import { map } from '../../lib/index.js';
import { checkCrashes, CrashSimulator, type CrashReport } from '../../lib/testing/index.js';
import { guideLog, rightLog, wrongLogs } from './corpus/document-log.js';
import type { Entry, Wrong } from './corpus/entry.js';
import * as fastFair from './corpus/fast-fair.js';
import * as levelHashing from './corpus/level-hashing.js';
import * as pmdk from './corpus/pmdk.js';
import * as redo from './corpus/redo.js';
import * as woart from './corpus/woart.js';
import { Scratch } from '../support/scratch.js';

const programs: readonly Entry[] = [
  rightLog,
  guideLog(),
  ...wrongLogs,
  ...[pmdk, redo, woart, fastFair, levelHashing].flatMap((programs): Entry[] => Object.values(programs)),
];
const isWrong = (program: Entry): program is Wrong => 'kind' in program && !program.name.includes('mended');

async function checkWithDefaults({ path, size, setup, workload, recover, invariant }: Entry): Promise<CrashReport> {
  using simulator = new CrashSimulator({ path, size });
  setup?.(simulator.mapping);
  simulator.settle();
  workload(simulator.mapping, (value) => simulator.ack(value));
  return await simulator.check(recover, invariant);
}

describe('the fault is found, and the report names its words', () => {
  test.each(programs.filter(isWrong).map((program) => [program.name, program] as const))(
    '%s',
    async (_name, program) => {
      const report = await checkWithDefaults(program);
      const [failure] = report.failures;
      const crash = failure?.crashes.at(-1);
      expect({
        kind: failure?.kind,
        present: crash?.present.map(({ offset }) => offset),
        absent: crash?.absent.map(({ offset }) => offset),
      }).toEqual({ kind: program.kind, present: program.present, absent: program.absent });
    },
  );
});

describe('no content is refused', () => {
  test.each(programs.filter((program) => !isWrong(program)).map((program) => [program.name, program] as const))(
    '%s',
    async (_name, { path, size, setup, workload, recover, invariant }) => {
      const reports = await checkCrashes({ path, size, setup, workload, recover, invariant, exhaustive: true });
      expect(reports.map(({ failures }) => failures.length)).toEqual([0, 0, 0]);
      expect(Math.min(...reports.map(({ images }) => images))).toBeGreaterThan(2);
    },
  );
});

describe('on a real file, without a crash, no fault is seen', () => {
  const scratch = new Scratch();
  const anywhere = programs.filter(({ path }) => path === undefined);
  test.each(anywhere.map((program) => [program.name, program] as const))('%s', (_name, program) => {
    const { size, setup, workload, recover, invariant } = program;
    using mapping = map(scratch.sparse(size));
    const acks: unknown[] = [];
    setup?.(mapping);
    workload(mapping, (value) => acks.push(value));
    expect(invariant(recover(mapping), acks)).not.toBe(false);
  });
});
