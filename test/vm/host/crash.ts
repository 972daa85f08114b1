import { boot, makeMemories } from './guest.js';
import type { Kernel } from './kernel.js';
import { complaint, type Totals } from './report.js';

export interface CrashOptions {
  readonly rounds: number;
  readonly kernel: Kernel;
  readonly scratch: string;
  readonly totals: Totals;
  readonly say: (line: string) => void;
}

const PLACES = ['ext4-dax', 'xfs-dax'] as const;
/** The control: records that are acknowledged after a cache-line flush, without MAP_SYNC. */
const LOGS = PLACES.flatMap((place) =>
  (['require', 'off'] as const).map((sync) => ({ place, sync, key: `${place} ${sync}` })),
);
/** After the first acknowledgement the power goes within so many milliseconds. */
const LONGEST = 4000;

interface Verified {
  readonly acknowledged: number;
  readonly complete: number;
  readonly lost: number;
  readonly torn: number;
}

/** One boot: verifies the round before, writes until it is killed. The last one of all only verifies. */
async function round(
  options: CrashOptions,
  number: number,
  before: ReadonlyMap<string, number>,
): Promise<{ acknowledged: Map<string, number>; verified: Map<string, Verified>; wrong: string | undefined }> {
  const acknowledged = new Map(LOGS.map(({ key }) => [key, 0]));
  const verified = new Map<string, Verified>();
  const isLast = number === options.rounds;
  let timer: NodeJS.Timeout | undefined;
  const result = await boot({
    kernel: options.kernel,
    memories: makeMemories(options.scratch, PLACES),
    scratch: options.scratch,
    seconds: 240,
    scripts: [
      ['crash', String(number), ...LOGS.map(({ place, sync, key }) => `${place}:${sync}:${before.get(key) ?? -1}`)],
    ],
    environment: { MAPDIRECT_FORCE_GRANULARITY: 'cache-line' },
    onLine: (line, machine) => {
      const ack = /^vm-ack: (\S+ \S+) (\d+)$/.exec(line);
      if (ack !== null) {
        acknowledged.set(ack[1] ?? '', Number(ack[2]) + 1);
        timer ??= setTimeout(() => machine.kill(), isLast ? 0 : 200 + Math.random() * LONGEST);
      }
      const found = /^vm-crash: verified (\S+ \S+) (\{.*\})$/.exec(line);
      if (found !== null) verified.set(found[1] ?? '', JSON.parse(found[2] ?? '') as Verified);
    },
  });
  clearTimeout(timer);
  const wrong =
    'ended' in result.end && result.end.ended === 'killed'
      ? undefined
      : (complaint(result) ?? 'the logs were full before the power went');
  return { acknowledged, verified, wrong };
}

/**
 * Takes the power away from the guest while it appends, boots it again on the same memory, and counts the records.
 * QEMU's own memory file keeps every store, so this tests metadata (does the file system still know the blocks?) and
 * the order of persists, and cannot show a flush that is missing.
 */
export async function crashRounds(options: CrashOptions): Promise<void> {
  const { say, totals, rounds } = options;
  const sums = new Map(LOGS.map(({ key }) => [key, { acknowledged: 0, lost: 0, torn: 0 }]));
  let before = new Map<string, number>();
  for (let number = 0; number <= rounds; number++) {
    const { acknowledged, verified, wrong } = await round(options, number, before);
    if (wrong !== undefined) {
      totals.judge(false);
      say(`crash round ${number}: FAILED: ${wrong}`);
      return;
    }
    for (const [key, { acknowledged: heard, lost, torn }] of verified) {
      const sum = sums.get(key);
      if (sum === undefined) continue;
      sum.acknowledged += heard;
      sum.lost += lost;
      sum.torn += torn;
    }
    if (number > 0)
      say(
        `crash round ${number}: ${[...verified].map(([key, { acknowledged: heard, lost, torn }]) => `${key}: ${heard} acknowledged, ${lost} lost, ${torn} torn`).join('; ')}`,
      );
    if (number > 0 && verified.size !== LOGS.length) totals.judge(false);
    before = acknowledged;
  }
  for (const { key, sync } of LOGS) {
    const { acknowledged = 0, lost = 0, torn = 0 } = sums.get(key) ?? {};
    const right = sync === 'require' ? acknowledged > 0 && lost === 0 && torn === 0 : lost > 0;
    totals.judge(right);
    say(
      `crash ${key}: ${acknowledged} acknowledged in ${rounds} rounds, ${lost} lost, ${torn} torn: ${right ? (sync === 'require' ? 'passed' : 'passed (the control must lose)') : 'FAILED'}`,
    );
  }
}
