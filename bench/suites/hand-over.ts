import path from 'node:path';
import { atMost, type Benchmark, budgets, byEffort, type Effort, type Trial } from '../benchmark.js';
import { missingRedis } from '../hand-over/redis.js';
import { formatLength } from '../layout.js';
import { nodeTrial } from '../node-trial.js';

const SOCKET = 'Unix socket';
const IPC = 'process.send';
const PORT = 'MessagePort';

interface Size {
  readonly length: number;
  /** Messages one at a time, and in a stream. */
  readonly single: (effort: Effort) => number;
  readonly stream: (effort: Effort) => number;
}

type Where = 'process' | 'worker';

function trial(
  { length, single, stream }: Size,
  name: string,
  role: Trial['role'],
  channel: string,
  where: Where,
): Trial {
  return nodeTrial({
    name,
    role,
    script: 'hand-over',
    args: (directory, effort) => {
      const counts = [single(effort), stream(effort)].map(String);
      return [path.join(directory, 'channel'), channel, where, String(length), ...counts, where];
    },
  });
}

function benchmark(size: Size): Benchmark {
  const redis = trial(size, 'Redis', 'rival', 'Redis', 'process');
  return {
    name: `hand-over of ${formatLength(size.length)} messages`,
    description: [
      'From one process to another one, or to a worker. There and back: the message, and a confirmation of a few bytes, one',
      'message at a time. Stream: time per message with 16 in flight. The receiver checks the number at both ends of each.',
      'mapdirect: a ring in shared memory, waitAsync() and notify(). process.send: serialization advanced. Redis: publish',
      'and subscribe over a Unix socket, the server on this machine.',
    ],
    figures: Object.fromEntries(
      (['process', 'worker'] as const).flatMap((where) => [
        [`${where}P50`, { title: `${where}, there and back`, unit: 'ns' }],
        [`${where}P99`, { title: `${where}, 99 of 100`, unit: 'ns' }],
        [`${where}Stream`, { title: `${where}, stream`, unit: 'ns' }],
      ]),
    ),
    medium: 'memory',
    budgets: budgets(7, 20, 3, 3),
    trials: [
      trial(size, SOCKET, 'rival', SOCKET, 'process'),
      trial(size, 'mapdirect', 'ours', 'shared memory', 'process'),
      trial(size, IPC, 'rival', 'posted', 'process'),
      { ...redis, available: () => missingRedis() ?? redis.available() },
      trial(size, 'mapdirect, worker', 'ours', 'shared memory', 'worker'),
      trial(size, PORT, 'rival', 'posted', 'worker'),
    ],
    targets: [
      atMost(1, 'processP50', SOCKET, 'process, there and back'),
      atMost(1, 'processStream', SOCKET, 'process, stream'),
      atMost(1, 'workerP50', PORT, 'worker, there and back'),
      atMost(1, 'workerStream', PORT, 'worker, stream'),
    ],
    prepare: () => undefined,
    picture: {
      name: `hand-over-${size.length}`,
      title: `Hand-over of ${formatLength(size.length)} messages`,
      figures: ['processP50', 'processStream', 'workerP50', 'workerStream'],
    },
  };
}

/** Messages between processes and between threads. */
export const handOver: readonly Benchmark[] = [
  benchmark({ length: 64, single: byEffort(400, 100), stream: byEffort(20_000, 2000) }),
  benchmark({ length: 2 ** 20, single: byEffort(100, 20), stream: byEffort(400, 60) }),
];
