// Lives of registrations and endpoints, and what they leave behind. Arguments: FILE COUNT. Prints the resources that
// this process and its device have before and after, as JSON.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { map, stats } from '../../../lib/index.js';
import { RemoteMemory, VerbsDomain, type Endpoint } from '../../../lib/rdma/index.js';
import { PAGE } from '../../support/sizes.js';
import { descriptors, eventually, mapsOf, ranges } from '../../process/children/inspect.js';

const [path = '', count = ''] = process.argv.slice(2);
const WARM_UP = 30; // with a worker of each way
const AT_ONCE = 32;
const FAILURE = 'of the worker';
const ACCESS = ['remote-write', 'remote-read', 'remote-atomic'] as const;

function connected(domain: VerbsDomain): [Endpoint, Endpoint] {
  const [owner, client] = [domain.endpoint({ accept: ACCESS }), domain.endpoint({ timeout: 20_000 })];
  owner.connect(client.local);
  client.connect(owner.local);
  return [owner, client];
}

/** One connection in this process: written by, read, closed. */
async function life(value: number): Promise<void> {
  using domain = VerbsDomain.open();
  using mapping = map(path, { length: 2 * PAGE });
  using registration = mapping.register({ domain, access: ACCESS });
  const [owner, client] = connected(domain);
  const remote = RemoteMemory.from(registration.descriptor());
  mapping.buffer.fill(value, 0, 64);
  await client.write(registration, 0, remote, PAGE, 64);
  await client.read(remote, PAGE, registration, 64, 64);
  await client.fetchAdd(remote, 0, 1n);
  assert.equal(mapping.buffer[64], value & 0xff);
  client.close();
  owner.close();
}

/** The client hears of the end. */
async function refusedLife(value: number): Promise<void> {
  using domain = VerbsDomain.open();
  using mapping = map(path, { length: 2 * PAGE });
  const registration = mapping.register({ domain, length: PAGE, access: ACCESS });
  const [owner, client] = connected(domain);
  const source = mapping.register({ domain, offset: PAGE, access: ['local-write'] });
  const remote = RemoteMemory.from(registration.descriptor());
  mapping.buffer[0] = value;
  registration.deregister();
  await assert.rejects(client.write(source, 0, remote, 0, 64), { code: 'ERR_RDMA_REMOTE_ACCESS' });
  client.close();
  owner.close();
  source.deregister();
}

/** Operations without end, in a worker. */
async function underWay(): Promise<never> {
  const mapping = map(path, { length: 2 * PAGE });
  const domain = VerbsDomain.open();
  const registration = mapping.register({ domain, access: ACCESS });
  const [, client] = connected(domain);
  const remote = RemoteMemory.from(registration.descriptor());
  const operation = (n: number): Promise<unknown> =>
    n % 2 === 0 ? client.write(registration, 0, remote, PAGE, 64) : client.fetchAdd(remote, 0, 1n);
  for (let round = 0; ; round++) {
    if (round === 1) parentPort!.postMessage('begun');
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => operation(n)));
  }
}

/** A worker ends in the middle of operations: by terminate(), or by an error. */
async function cutLife(way: 'terminate' | 'error'): Promise<void> {
  const worker = new Worker(__filename, { argv: process.argv.slice(2) });
  const errors: string[] = [];
  worker.on('error', ({ message }: Error) => errors.push(message));
  const ended = new Promise((resolve) => worker.on('exit', resolve));
  await once(worker, 'message');
  if (way === 'terminate') void worker.terminate();
  else worker.postMessage('fail');
  await ended;
  assert.deepEqual(errors, way === 'error' ? [FAILURE] : []);
}

/** Kilobytes of a line of /proc/self/status, or the number of threads. */
function status(name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
}

/** The objects of the device, by kind, in all processes. */
function deviceObjects(): string {
  return execFileSync('rdma', ['resource', 'show', 'rxe0'], { encoding: 'utf8' }).trim();
}

function resources(): Record<string, unknown> {
  const { mappings, registrations, seals } = stats();
  return {
    descriptors: descriptors().length,
    pinned: status('VmPin'),
    locked: status('VmLck'),
    threads: status('Threads'),
    ranges: ranges(),
    areas: mapsOf(path),
    device: deviceObjects(),
    counts: [mappings, registrations, seals],
  };
}

async function lives(number: number): Promise<void> {
  for (let each = 0; each < number; each++) {
    await life(each);
    if (each % 10 === 0) await refusedLife(each);
    if (each % 20 === 5) await cutLife(each % 40 === 5 ? 'terminate' : 'error');
  }
  await eventually('no address range is left', () => ranges() === 0);
}

async function main(): Promise<void> {
  await lives(WARM_UP);
  const before = resources();
  await lives(Number(count));
  console.log(JSON.stringify({ before, after: resources() }));
}

if (isMainThread) void main();
else {
  parentPort!.on('message', () => {
    throw new Error(FAILURE);
  });
  void underWay();
}
