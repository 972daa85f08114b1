// The proof: programs that push and take are killed at random moments, and no acknowledged record is lost.
//
//   node prove.mjs [KILLS] [SEED]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Queue } from './queue.mjs';

const MAIN = fileURLToPath(new URL('./main.mjs', import.meta.url));
/** A pusher gets so many lines more than it has acknowledged, so it is at work when the kill comes. */
const LINES_AHEAD = 32;
const MOST_BEFORE_KILL = 60;
const MOST_IN_QUEUE = 200;

/** Random whole numbers below `limit`, the same for the same seed (mulberry32). */
function randomOf(seed) {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function start(command, file) {
  const child = spawn(process.execPath, [MAIN, command, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined); // the child was killed: the lines that it has not read are no records
  return child;
}

/** Kills a child after so many lines of output. @returns all lines that it has printed as a whole. */
async function killAfter(child, lines, onLine = () => undefined) {
  const printed = [];
  const end = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  if (lines === 0) child.once('spawn', kill);
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(Number(line));
    if (printed.length === lines) kill();
    onLine();
  }
  const [code, signal] = await end;
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the program ended with ${code ?? signal}`);
  return printed;
}

/** Pushes the numbers from `next` on. @returns the acknowledged ones. */
function pushUntilKilled(file, next, lines) {
  const child = start('push', file);
  const feed = () => child.stdin.write(`${next++}\n`);
  for (let i = 0; i < LINES_AHEAD; i++) feed();
  return killAfter(child, lines, feed);
}

/** The numbers in the queue. */
function contentOf(file) {
  const queue = new Queue(file);
  const numbers = Array.from(queue, Number);
  queue.close();
  return numbers;
}

function check(isRight, sentence) {
  if (!isRight) throw new Error(sentence);
}

async function prove(file, kills, random) {
  let pushed = 0; // the numbers up to this one were acknowledged, or found in the queue
  let taken = 0; // the numbers up to this one were taken out
  let repeated = 0;
  let content = [];
  for (let kill = 0; kill < kills; kill++) {
    const isPush = content.length === 0 || (content.length < MOST_IN_QUEUE && random(2) === 0);
    const lines = random(MOST_BEFORE_KILL);
    const printed = isPush
      ? await pushUntilKilled(file, pushed + 1, lines)
      : await killAfter(start('take', file), lines);
    content = contentOf(file);
    const last = content.at(-1) ?? pushed;
    if (isPush) {
      printed.forEach((number, i) => check(number === pushed + 1 + i, `${number} was acknowledged out of turn`));
      check(last >= pushed + printed.length, `record ${pushed + printed.length} was acknowledged and is lost`);
      pushed = last; // a record that was not acknowledged may be there all the same
    } else {
      for (const number of printed) {
        check(number === taken || number === taken + 1, `${number} came after ${taken}`);
        if (number === taken) repeated++;
        taken = number;
      }
    }
    const first = content[0] ?? pushed + 1;
    check(
      first === taken || first === taken + 1,
      `the queue begins with ${first}, and ${taken} was the last one taken`,
    );
    content.forEach((number, i) => check(number === first + i, `${number} is at the place of ${first + i}`));
  }
  return { pushed, taken, repeated };
}

const [kills = '40', seed = '1'] = process.argv.slice(2);
if (!/^[1-9]\d{0,5}$/.test(kills) || !/^\d{1,9}$/.test(seed)) {
  console.error('usage: node prove.mjs [KILLS] [SEED], both whole numbers');
  process.exit(2);
}
const directory = mkdtempSync(join(tmpdir(), 'mapdirect-queue-'));
try {
  const { pushed, taken, repeated } = await prove(join(directory, 'queue.bin'), Number(kills), randomOf(Number(seed)));
  console.log(`${kills} kills: no acknowledged record was lost, none came out of turn`);
  console.log(`${pushed} records in, ${taken} out, ${repeated} of them twice`);
} catch (error) {
  console.error(`${error.message} (seed ${seed})`);
  process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
