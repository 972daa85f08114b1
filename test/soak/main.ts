// npm run soak [-- NAME] [--minutes N | --seconds N] [--seed N] [--no-truncation] [--json FILE]
//   mixed      processes that write, are killed and filled up, whose files are cut and whose power fails (default)
//   terminate  1,000 workers that end at random moments of every kind of call
//   share      200 workers at once that share, attach and close
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Mapping } from '../../lib/index.js';
import { CHILDREN } from '../support/paths.js';
import { inPrivate } from '../support/private-mounts.js';
import { Mixed, type MixedFigures } from './mixed.js';
import { NAMES, type Trend } from './samples.js';

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    'no-truncation': { type: 'boolean', default: false },
    json: { type: 'string' },
  },
  allowPositionals: true,
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const seconds = values.seconds === undefined ? 60 * Number(values.minutes ?? 30) : Number(values.seconds);
const INSIDE = 'MAPDIRECT_SOAK_INSIDE';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs this program again where its mounts end with it, if that is possible. Returns its exit code. */
function inPrivateMounts(): number | undefined {
  if (process.env[INSIDE] !== undefined || process.getuid?.() !== 0) return undefined;
  const [program = '', ...args] = inPrivate;
  if (spawnSync(program, [...args, 'true']).status !== 0) return undefined;
  const again = [...args, process.execPath, ...process.execArgv, ...process.argv.slice(1), '--seed', String(seed)];
  const { status } = spawnSync(program, again, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  return status ?? 1;
}

async function inScratch<T>(work: (home: string) => T | Promise<T>): Promise<T> {
  const home = fs.mkdtempSync(join(tmpdir(), 'mapdirect-soak-'));
  try {
    return await work(home);
  } finally {
    for (const name of ['ext4', 'tmpfs']) spawnSync('umount', [join(home, name)], { stdio: 'ignore' });
    fs.rmSync(home, { recursive: true, force: true });
  }
}

const shown = ({ name, before, after, isFlat }: Trend): string => {
  const unit = name === 'memory' ? (count: number) => `${(count / 2 ** 20).toFixed(1)} MiB` : String;
  return `${name} ${unit(before)} -> ${unit(after)}${isFlat ? '' : ' NOT FLAT'}`;
};

function report(figures: MixedFigures): boolean {
  const { places, kills, truncations, fills, powerCuts, acknowledged, checked, failures } = figures;
  print(`file systems: ${places.join(', ')}`);
  print(`${kills} kills, ${truncations} truncations, ${fills} full disks, ${powerCuts} power cuts`);
  print(`${acknowledged} records acknowledged, ${checked} times one was read back, none was lost`);
  print(`refused and done again: ${JSON.stringify(failures)}`);
  for (const [name, list] of Object.entries(figures.trends)) print(`${name}: ${list.map(shown).join(', ')}`);
  return Object.values(figures.trends).every(
    (list) => list.length === NAMES.length && list.every((each) => each.isFlat),
  );
}

async function mixed(home: string): Promise<number> {
  // Without the fault guard a truncation kills a process that stores behind the new end.
  const truncates = !values['no-truncation'] && 'remap' in Mapping.prototype;
  print(`seed ${seed}, ${seconds} s${truncates ? '' : ', without truncations'}`);
  const keep = (figures: MixedFigures): void => {
    if (values.json !== undefined) fs.writeFileSync(values.json, JSON.stringify({ seed, seconds, ...figures }));
  };
  const figures = await new Mixed({ home, seconds, seed, truncates, onMinute: keep }, print).run();
  keep(figures);
  return report(figures) ? 0 : 1;
}

function child(name: string, ...args: readonly string[]): number {
  print(`seed ${seed}`);
  const script = join(CHILDREN, `${name}.js`);
  return spawnSync(process.execPath, ['--expose-gc', script, ...args], { stdio: 'inherit' }).status ?? 1;
}

const soaks: Readonly<Record<string, (home: string) => number | Promise<number>>> = {
  mixed,
  terminate: (home) => child('terminate', join(home, 'file'), '1000', 'report'),
  share: (home) => child('sharing-storm', home, '200', '200', '40', String(seed), 'report'),
};

async function main(): Promise<number> {
  const [name = 'mixed'] = positionals;
  const soak = soaks[name];
  if (soak === undefined || !Number.isFinite(seconds + seed)) {
    print(`npm run soak [-- ${Object.keys(soaks).join('|')}] [--minutes N] [--seed N] [--no-truncation] [--json FILE]`);
    return 2;
  }
  return inPrivateMounts() ?? (await inScratch(soak));
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
