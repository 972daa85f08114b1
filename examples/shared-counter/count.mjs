// Several processes with several threads each count in one word of shared memory.
//
//   node count.mjs [PROCESSES] [THREADS] [COUNT]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { anonymous, attach } from 'mapdirect';

const SELF = fileURLToPath(import.meta.url);
const THREAD = new URL('./thread.mjs', import.meta.url);
const FD = 4; // the number that the descriptor has in a child: the first after the channel
const MOST = 64;

function fail(sentence) {
  console.error(sentence);
  process.exit(2);
}

/** A whole number from 1 to `most`. */
function numberOf(text, name, most) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  return fail(`${name} must be a whole number from 1 to ${most}, not '${text}'`);
}

/** A process: it attaches the memory, and its threads attach it from there. */
async function runChild() {
  const [{ handle, threads, count }] = await once(process, 'message');
  const mine = attach(handle, { fd: FD });
  const workers = Array.from(
    { length: threads },
    () => new Worker(THREAD, { workerData: { handle: mine.share(), count } }),
  );
  const codes = await Promise.all(workers.map((worker) => once(worker, 'exit')));
  mine.close();
  process.exitCode = Math.max(...codes.flat());
  process.disconnect();
}

async function main([processes = '2', threads = '2', count = '100000']) {
  const settings = {
    processes: numberOf(processes, 'PROCESSES', MOST),
    threads: numberOf(threads, 'THREADS', MOST),
    count: numberOf(count, 'COUNT', 10_000_000),
  };
  const shared = anonymous(4096);
  if (shared.durability.backend !== 'native') fail(`no shared memory here: ${shared.durability.reasons.join('; ')}`);
  const counter = new BigInt64Array(shared.arrayBuffer(0, 8));
  const children = Array.from({ length: settings.processes }, () => {
    const child = spawn(process.execPath, [SELF, 'child'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', shared.fd],
    });
    child.send({ handle: shared.share(), ...settings });
    return once(child, 'exit');
  });
  const codes = (await Promise.all(children)).map(([code]) => code);
  const expected = BigInt(settings.processes * settings.threads * settings.count);
  const counted = Atomics.load(counter, 0);
  shared.close();
  console.log(`${settings.processes} processes of ${settings.threads} threads counted to ${counted}`);
  process.exitCode = codes.every((code) => code === 0) && counted === expected ? 0 : 1;
}

if (process.argv[2] === 'child') await runChild();
else await main(process.argv.slice(2));
