// npm run pack:test [-- --only PATTERN] [--node PATH] [--timed]: the packed package in the hands of a stranger.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Skipped, type Check } from './check.js';
import { checks as all } from './checks/all.js';
import { CACHE } from './environment.js';
import { Stage } from './stage.js';
import { timeNewUser } from './timed.js';

const USAGE = `Usage: npm run pack:test -- [OPTION...]

Packs the package, installs the tarball without a compiler and without install scripts into empty projects, and uses it
there as a stranger would. Tools come from the npm registry, into ${CACHE}.

  --only PATTERN   the checks whose name contains PATTERN
  --node PATH      a Node program to use for its major, instead of one from the registry (may be repeated)
  --timed          no check, but the time that a new user needs: from git clone to the demo's output, and from
                   npm install TARBALL to a persisted record
  --list           the names of the checks
  --help           this text

Exit code: 0 all passed, 1 something failed, 2 usage.
`;

const total = { passed: 0, failed: 0, skipped: 0 };

function report(outcome: keyof typeof total, name: string, detail?: string): void {
  total[outcome]++;
  console.log(`${outcome}: ${name}${detail === undefined ? '' : `: ${detail}`}`);
}

async function attempt({ name, run }: Check, stage: Stage): Promise<void> {
  try {
    await run(stage);
    report('passed', name);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof Skipped) report('skipped', name, message);
    else report('failed', name, message);
  }
}

/** Runs the checks, as many at once as there are CPUs. */
async function runAll(checks: readonly Check[], stage: Stage): Promise<void> {
  const rest = checks.values();
  const lane = async (): Promise<void> => {
    for (const check of rest) await attempt(check, stage);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
}

function parse() {
  const options = {
    only: { type: 'string', default: '' },
    node: { type: 'string', multiple: true, default: [] as string[] },
    timed: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ options });
  const checks = all.filter(({ name }) => name.includes(values.only));
  if (checks.length === 0) throw new Error(`no check has '${values.only}' in its name; --list shows the names`);
  return { ...values, checks };
}

/** Runs what was asked for, in a folder that does not stay. */
async function runIn({ checks, node, timed }: ReturnType<typeof parse>): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'mapdirect-pack-'));
  const stage = new Stage(scratch, node);
  try {
    if (timed) await timeNewUser(stage);
    else await runAll(checks, stage);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  let wanted;
  try {
    wanted = parse();
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (wanted.help) return (console.log(USAGE), 0);
  if (wanted.list) return (console.log(wanted.checks.map(({ name }) => name).join('\n')), 0);
  if (process.platform === 'linux') await runIn(wanted);
  else report('skipped', 'the packed package', `there is no binary for ${process.platform}; run it on Linux`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
}

void main().then((code) => (process.exitCode = code));
