// Programs of a user, as text: a compiler must accept each one, but the mistaken one.

/** The calls of the package that take options, each of which may be undefined. */
export const mainProgram = `
import { anonymous, attach, map, mapAsync, seals, WriterLock, type MapOptions, type ReadStreamOptions } from 'mapdirect';
declare const size: number | undefined, signal: AbortSignal | undefined, flag: boolean | undefined, word: 'read' | undefined;
const options: MapOptions = { size, access: word, create: flag, direct: { deadline: size, policy: undefined } };
const mapping = map('a', options);
const bytes: number = mapping.view(0, 1).readUInt8(0);
mapping.write(Buffer.alloc(1), bytes, { drain: flag });
void mapAsync('a', { signal, onProgress: undefined });
void mapping.persistAsync(0, 1, { signal });
void mapping.prefetch(0, 1, { signal, write: flag });
void mapping.sealAsync({ signal });
async function closing(): Promise<void> {
  const range: ReadStreamOptions = { start: size, end: size, highWaterMark: size, signal };
  await using other = map('a');
  other.createReadStream(range).pipe(process.stdout);
  const disposable: AsyncDisposable & Disposable = other;
  await disposable[Symbol.asyncDispose]();
  return mapping.closeAsync();
}
void closing;
void seals.requestBreak('a', { deadline: size });
attach(mapping.share(), { fd: size });
anonymous(1, { name: undefined, seals: size });
WriterLock.acquire('a', { timeout: size, signal }).release();
void WriterLock.acquireAsync('a', { timeout: size, signal });
`;

/** A method that there is not, and an option of a wrong type. */
export const mistaken =
  "import { map } from 'mapdirect'; map('a').view(0, 1).noMethodOfBuffers; map('a', { size: '1' });";

/** The same for mapdirect/rdma. */
export const rdmaProgram = `
import { map, type RegistrationDomain } from 'mapdirect';
import { rdma, RemoteMemory, VerbsDomain, type Endpoint, type EndpointOptions, type RdmaDevice } from 'mapdirect/rdma';
declare const size: number | undefined, signal: AbortSignal | undefined, bytes: Uint8Array;
const devices: readonly RdmaDevice[] = rdma.devices();
const options: EndpointOptions = { depth: size, timeout: undefined, accept: ['remote-read'] };
async function both(): Promise<bigint> {
  using domain = VerbsDomain.open({ device: devices[0]?.name, port: size, gidIndex: undefined });
  const carrier: RegistrationDomain = domain;
  using registration = map('a').register({ domain: carrier, access: ['local-write', 'remote-flush'], provider: undefined });
  using endpoint: Endpoint = domain.endpoint(options);
  endpoint.once('failed', ({ error }) => console.error(error));
  endpoint.connect(bytes);
  const remote = RemoteMemory.from(registration.descriptor()).slice(0, 4096);
  await endpoint.persist(registration, 0, remote, 0, 64, { signal });
  return endpoint.fetchAdd(remote, 0, 1n);
}
void both;
`;

/** A program of mmap-io, with another name of the package. */
export const mmapIoProgram = `
import mmap, { map, PAGESIZE } from 'mapdirect/compat/mmap-io';
import { Mapping } from 'mapdirect';
declare const size: number | undefined, flag: boolean | undefined;
const buffer: Buffer = mmap.map(PAGESIZE, mmap.PROT_READ, mmap.MAP_SHARED, 3);
map(PAGESIZE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | mmap.MAP_POPULATE, 3, size, mmap.MADV_RANDOM, buffer);
mmap.advise(buffer, mmap.MADV_NORMAL);
mmap.advise(buffer, 0, PAGESIZE, mmap.MADV_WILLNEED);
mmap.sync(buffer);
mmap.sync(buffer, true, flag);
mmap.sync(buffer, size, size, flag, flag);
const [unmapped, mapped]: [number, number] = mmap.incore(buffer);
const protection: 1 = mmap.PROT_READ;
const offset: number = (Mapping.of(buffer)?.offset ?? 0) + unmapped + mapped + protection;
mmap.unmap(buffer.subarray(offset));
`;

/** The same for mapdirect/testing. */
export const testingProgram = `
import type { Mapping } from 'mapdirect';
import { checkCrashes, CrashSimulator, type CrashReport, type Diagnostic, type SimulatorOptions } from 'mapdirect/testing';
declare const size: number | undefined, path: string | undefined, flag: boolean | undefined;
const options: SimulatorOptions = { size, path, granularity: undefined, lines: undefined, sector: 512, seed: size };
export async function simulate(): Promise<readonly CrashReport[]> {
  using simulator = new CrashSimulator(options);
  simulator.fail('persist', { at: size, errno: undefined });
  const diagnostics: readonly Diagnostic[] = simulator.diagnostics;
  for (const { buffer, choice } of simulator.images({ limit: size, flips: size })) simulator.replay(1, choice).buffer.equals(buffer);
  const report = await simulator.check(
    async (mapping: Mapping) => mapping.view(0, 1).readUInt8(0),
    (count, acks) => count >= acks.length && diagnostics.length >= 0,
    { depth: size, timeout: size },
  );
  const offset: number | undefined = report.failures[0]?.crashes[0].present[0]?.offset;
  return checkCrashes({
    size: offset,
    exhaustive: flag,
    workload: (mapping, ack) => ack(mapping.length),
    recover: (mapping) => mapping.length,
    invariant: (length: number) => length === size,
  });
}
`;
