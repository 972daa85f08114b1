// Writes into registered memory of another process. The owner of that memory is a child. Arguments: FILE LENGTH
// write|persist SIZE:DEPTH:COUNT... Each is a figure.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { anonymous, map } from '../../lib/index.js';
import { type Endpoint, RemoteMemory, VerbsDomain } from '../../lib/rdma/index.js';
import { median } from '../statistics.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const PASSES = 5;
const DEPTH = 32;
const BLOB = 48;

const length = numericArgument(1);
const persists = argument(2) === 'persist';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The child: its memory, until the parent has gone. */
function own(): void {
  const domain = VerbsDomain.open();
  const right = persists ? (['remote-write', 'remote-flush'] as const) : (['remote-write'] as const);
  const registration = map(argument(0), { length }).register({ domain, access: right });
  const endpoint = domain.endpoint({ accept: right });
  process.on('message', (blob: string) => {
    endpoint.connect(Buffer.from(blob, 'hex'));
    process.send?.(hex(endpoint.local) + hex(registration.descriptor()));
  });
  process.on('disconnect', () => process.exit());
}

/** Nanoseconds per operation of one pass: `depth` callers, each with one operation under way. */
async function pass(operation: (index: number) => Promise<void>, depth: number, count: number): Promise<number> {
  let next = 0;
  const call = async (): Promise<void> => {
    while (next < count) await operation(next++);
  };
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: depth }, call));
  return Number(process.hrtime.bigint() - start) / count;
}

async function connect(domain: VerbsDomain): Promise<{ endpoint: Endpoint; remote: RemoteMemory; stop: () => void }> {
  const owner = fork(__filename, process.argv.slice(2), { env: { ...process.env, BENCH_ROLE: 'owner' } });
  const busyPoll = process.env['BENCH_BUSY_POLL'];
  const endpoint = domain.endpoint({ depth: 2 * DEPTH, ...(busyPoll !== undefined && { busyPoll: Number(busyPoll) }) });
  owner.send(hex(endpoint.local));
  const [answer] = (await once(owner, 'message')) as [string];
  const bytes = Buffer.from(answer, 'hex');
  endpoint.connect(bytes.subarray(0, BLOB));
  return { endpoint, remote: RemoteMemory.from(bytes.subarray(BLOB)), stop: () => owner.disconnect() };
}

function checkWritten(source: Uint8Array, written: number): void {
  if (fs.existsSync(argument(0)) && fs.statSync(argument(0)).isFile()) {
    const bytes = fs.readFileSync(argument(0)).subarray(0, written);
    if (Buffer.compare(bytes, source.subarray(0, written)) !== 0) throw new Error('the bytes differ');
  }
}

async function main(): Promise<void> {
  if (process.env['BENCH_ROLE'] === 'owner') {
    own();
    return;
  }
  const domain = VerbsDomain.open();
  const memory = anonymous(length);
  const bytes = memory.buffer;
  for (let at = 0; at < length; at++) bytes[at] = at % 251;
  const source = memory.register({ domain, access: ['local-write'] });
  const { endpoint, remote, stop } = await connect(domain);
  const figures: Record<string, number> = {};
  let written = 0;
  for (const text of process.argv.slice(5)) {
    const [size = NaN, depth = NaN, count = NaN] = text.split(':').map(Number);
    const operation = (index: number): Promise<void> => {
      const at = (index * size) % length;
      return persists ? endpoint.persist(source, at, remote, at, size) : endpoint.write(source, at, remote, at, size);
    };
    const times: number[] = [];
    for (let i = 0; i < PASSES; i++) times.push(await pass(operation, depth, count));
    figures[`${size}:${depth}`] = median(times);
    written = Math.max(written, Math.min(size * count, length));
  }
  checkWritten(bytes, written);
  stop();
  printFigures(figures);
}

void main();
