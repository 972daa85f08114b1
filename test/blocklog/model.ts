import { map } from '../../lib/index.js';
import { CrashSimulator, type SimulatedGranularity } from '../../lib/testing/index.js';
import { digestOf } from './digest.js';
import type { Judge } from './judge.js';
import { SIZE, WatchedProgram, type Mark } from './programs.js';

/** The contents that the simulator has for a program. */
export interface ModelContents {
  readonly marks: readonly Mark[];
  /** Digests of the contents of a crash after so many marks, and before the next one. */
  readonly after: ReadonlyMap<number, ReadonlySet<string>>;
  /** The content before the first store of the program. */
  readonly before: string;
  readonly count: number;
  /** The contents that its invariant refuses. */
  readonly violations: number;
}

const PATH = 'simulated file of test/blocklog';

/** Runs the program over a simulated file. */
export function modelContents(program: number, granularity: SimulatedGranularity, judge: Judge): ModelContents {
  const marks: Mark[] = [];
  const after = new Map<number, Set<string>>();
  using simulator = new CrashSimulator({ path: PATH, size: SIZE, granularity });
  const watched = new WatchedProgram(program, PATH, map, (mark) => {
    marks.push(mark);
    simulator.ack(mark);
  });
  watched.setUp();
  simulator.settle();
  const before = digestOf(simulator.mapping.view(0, SIZE));
  watched.run();
  let [count, violations] = [0, 0];
  for (const { acks, buffer } of simulator.images()) {
    const acknowledged = acks.filter((mark) => mark === 'acknowledged').length;
    after.set(acks.length, (after.get(acks.length) ?? new Set()).add(digestOf(buffer)));
    count++;
    if (!judge.allows(program, buffer, acknowledged)) violations++;
  }
  return { marks, after, before, count, violations };
}
