// Each limit of the process or of the machine: a named error, and everything goes on. Arguments: SCENARIO FOLDER
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { anonymous, attach, constants, extents, files, map, mapAsync, mmap, WriterLock } from '../../../lib/index.js';
import { takeDescriptors } from '../../support/take-descriptors.js';

const { MAP_ANONYMOUS, MAP_LOCKED, MAP_PRIVATE, MAP_SHARED, PAGE_SIZE, PROT_READ, PROT_WRITE } = constants;
const NOBODY = 65534;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const [scenario = '', folder = ''] = process.argv.slice(2);

function sparse(name: string, length: number): string {
  const path = join(folder, name);
  fs.writeFileSync(path, '');
  fs.truncateSync(path, length);
  return path;
}

/** A setting of prlimit(1) for this process. */
function setLimit(option: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), option]);
}

function statusBytes(name: string): number {
  return 1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(fs.readFileSync('/proc/self/status', 'latin1'))?.[1]);
}

function becomeNobody(): void {
  if (process.getuid?.() !== 0) return;
  fs.chmodSync(folder, 0o777);
  for (const name of fs.readdirSync(folder)) fs.chmodSync(join(folder, name), 0o666);
  anonymous(PAGE_SIZE).close(); // loads the addon, which another user may not be allowed to read
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}

const noSpace = { code: 'ENOMEM', errno: -12, syscall: 'mmap' };

/** Address space. A close() with a view takes none. */
function addressSpace(): void {
  const small = sparse('small', PAGE_SIZE);
  const large = sparse('large', 2 * GIB);
  const mapped = map(large, { length: 64 * MIB });
  const view = mapped.view(0, 8);
  setLimit(`--as=${statusBytes('VmSize') + 256 * MIB}:unlimited`);
  const refused = { ...noSpace, message: /RLIMIT_AS \(ulimit -v\) is \d+ bytes.*raise it/ };
  assert.throws(() => map(large), { ...refused, path: large });
  assert.throws(() => map(large, { access: 'read' }), refused);
  assert.throws(() => anonymous(2 * GIB), refused);
  assert.throws(() => mmap(2 * GIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1), refused);
  assert.throws(() => map(small, { reserve: 2 * GIB }), { ...noSpace, message: /RLIMIT_AS/ });
  assert.throws(() => mapped.resize(2 * GIB), refused);
  assert.equal(mapped.length, 64 * MIB);
  view.fill(1);
  mapped.persist(0, 8);
  mapped.close();
  map(small).close();
  using part = map(large, { offset: GIB, length: MIB });
  assert.equal(part.view(0, 1)[0], 0);
}

/** RLIMIT_DATA counts private writable memory only: access 'read' and 'copy'. */
function data(): void {
  const large = sparse('large', 2 * GIB);
  setLimit(`--data=${statusBytes('VmData') + 256 * MIB}:unlimited`);
  const refused = { ...noSpace, path: large, message: /RLIMIT_DATA \(ulimit -d\) is \d+ bytes.*access: 'write'/ };
  assert.throws(() => map(large, { access: 'read' }), refused);
  assert.throws(() => map(large, { access: 'copy' }), refused);
  using mapping = map(large);
  mapping.view(0, 1).fill(1);
  mapping.persist(0, 1);
  using part = map(large, { access: 'read', offset: GIB, length: MIB });
  assert.equal(part.view(0, 1)[0], 0);
}

/** Locked memory, of a user without CAP_IPC_LOCK. */
function lockedMemory(): void {
  const path = sparse('file', MIB);
  setLimit('--memlock=65536:65536');
  becomeNobody();
  using mapping = map(path);
  const refused = { code: 'ENOMEM', syscall: 'mlock2', message: /RLIMIT_MEMLOCK.*ulimit -l/ };
  assert.throws(() => mapping.lock(), refused);
  mapping.lock(0, PAGE_SIZE); // less than the limit
  mapping.unlock();
  assert.throws(() => map(path, { lock: true }), { ...refused, path });
  assert.throws(() => mapping.register(), { ...refused, path });
  assert.equal(mapping.seals.length, 0); // the one that register() took has ended
  mapping.register({ length: PAGE_SIZE }).deregister();
  const locked = { code: 'EAGAIN', syscall: 'mmap', message: /RLIMIT_MEMLOCK/ };
  assert.throws(() => mmap(MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_LOCKED, -1), locked);
  setLimit('--memlock=0:0');
  assert.throws(() => mapping.lock(0, PAGE_SIZE), { code: 'EPERM', syscall: 'mlock2', message: /RLIMIT_MEMLOCK is 0/ });
  assert.throws(() => mapping.register({ length: 1 }), {
    code: 'EPERM',
    syscall: 'mlock2',
    message: /RLIMIT_MEMLOCK is 0/,
  });
  assert.equal(mapping.seals.length, 0);
  mapping.buffer[0] = 1;
  mapping.persist();
}

/** RLIMIT_FSIZE, with its signal SIGXFSZ, which Node ignores. Stores and blocks within the length do not count. */
async function fileSize(): Promise<void> {
  const long = sparse('long', 4 * MIB);
  const short = sparse('short', PAGE_SIZE);
  setLimit(`--fsize=${MIB}:unlimited`);
  const named = (syscall: string): object => ({ code: 'EFBIG', syscall, message: /RLIMIT_FSIZE/ });
  const fresh = join(folder, 'fresh');
  assert.throws(() => map(fresh, { create: true, size: 2 * MIB }), { ...named('fallocate'), path: fresh });
  assert.equal(fs.existsSync(fresh), false);
  await assert.rejects(mapAsync(fresh, { create: true, size: 2 * MIB }), named('fallocate'));
  assert.throws(() => anonymous(2 * MIB), named('ftruncate'));
  using grown = map(short);
  assert.throws(() => grown.resize(2 * MIB), named('fallocate'));
  assert.equal(grown.length, PAGE_SIZE);
  assert.equal(fs.statSync(short).size, PAGE_SIZE);
  assert.throws(() => files.truncate(short, 2 * MIB), { ...named('ftruncate'), path: short });
  const fd = fs.openSync(short, 'r+');
  assert.throws(() => files.fallocate(fd, 0, 0, 2 * MIB), named('fallocate'));
  assert.throws(() => files.write(fd, Buffer.from('x'), 0, 1, 2 * MIB), named('write'));
  await assert.rejects(files.promises.write(fd, Buffer.from('x'), 0, 1, 2 * MIB), named('write'));
  fs.closeSync(fd);
  using mapping = map(long); // past the limit, in a hole
  mapping.view(3 * MIB, 5).write('hello');
  mapping.persist(3 * MIB, 5);
  mapping.write(Buffer.from('again'), 2 * MIB);
  await mapping.persistAsync();
  const whole = fs.readFileSync(long);
  assert.deepEqual([whole.toString('latin1', 3 * MIB, 3 * MIB + 5), whole[2 * MIB]], ['hello', 'a'.charCodeAt(0)]);
}

/** No descriptor is left. */
async function descriptors(): Promise<void> {
  const [known, other] = [sparse('known', PAGE_SIZE), sparse('other', PAGE_SIZE)];
  const fd = fs.openSync(other, 'r+');
  const mapping = map(known);
  const shared = mapping.share();
  mapping.seal().release(); // the first seal needs a descriptor for its watch, and on tmpfs one more
  setLimit('--nofile=64:64');
  const taken = takeDescriptors();
  const named = (syscall: string): object => ({ code: 'EMFILE', syscall, message: /RLIMIT_NOFILE.*ulimit -n/ });
  assert.throws(() => map(other), { ...named('open'), path: other });
  await assert.rejects(mapAsync(other), named('open'));
  assert.throws(() => map(fd), named('fcntl'));
  assert.throws(() => anonymous(PAGE_SIZE), named('memfd_create'));
  assert.throws(() => extents(other), named('open'));
  assert.throws(() => WriterLock.acquire(other), named('open'));
  assert.throws(() => files.open(other, 'r'), { code: 'EMFILE' });
  map(known).close(); // mappings of one file share a descriptor
  assert.throws(() => attach(shared), named('attach'));
  mapping.buffer[0] = 7;
  mapping.persist();
  await mapping.persistAsync();
  mapping.seal().release();
  mapping.resize(2 * PAGE_SIZE);
  taken.forEach((each) => fs.closeSync(each));
  mapping.close();
  map(other).close();
  assert.equal(fs.readFileSync(known)[0], 7);
}

/** RLIMIT_NPROC, of a user that has as many threads already. */
async function threads(): Promise<void> {
  const path = sparse('file', MIB);
  await fs.promises.stat(path); // the threads of libuv
  execFileSync('true');
  setLimit('--nproc=1:1');
  becomeNobody();
  using mapping = map(path);
  mapping.buffer[0] = 1;
  const named = (syscall: string): object => ({ code: 'EAGAIN', syscall, message: /thread.*RLIMIT_NPROC/ });
  await assert.rejects(mapping.persistAsync(), named('msync'));
  await assert.rejects(mapping.prefetch(), named('madvise'));
  await assert.rejects(mapAsync(join(folder, 'new'), { create: true, size: MIB }), { code: 'EAGAIN' });
  assert.throws(() => mapping.seal({ enforcement: 'lease' }), {
    code: 'ENOMEM',
    syscall: 'fcntl F_SETLEASE',
    message: /thread.*RLIMIT_NPROC/,
  });
  mapping.persist();
  assert.equal(fs.readFileSync(path)[0], 1);
}

/**
 * vm.overcommit_memory is 2 here: private memory beyond the promise of the machine. The pages in place of closed and of
 * lost ones need no promise.
 */
function strictOvercommit(): void {
  const limit = 1024 * Number(/CommitLimit:\s+(\d+)/.exec(fs.readFileSync('/proc/meminfo', 'latin1'))?.[1]);
  const path = sparse('file', limit + GIB);
  const refused = { ...noSpace, path, message: /vm\.overcommit_memory is 2.*vm\.overcommit_ratio/ };
  assert.throws(() => map(path, { access: 'read' }), refused);
  assert.throws(() => map(path, { access: 'copy' }), refused);
  const mapping = map(path);
  const view = mapping.view(0, 8);
  view.fill(1);
  mapping.close();
  assert.equal(view.length, 0);
  using cut = map(path);
  const lost = cut.view(GIB, 8);
  fs.truncateSync(path, PAGE_SIZE);
  assert.equal(lost[0], 0); // healed, and no SIGBUS
  assert.throws(() => cut.persist(), { code: 'ERR_MAPPING_FAULT' });
}

/** vm.overcommit_memory is 0 here: a private copy of a file that is larger than memory and swap. */
function overcommit(): void {
  const text = fs.readFileSync('/proc/meminfo', 'latin1');
  const kib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]);
  const path = sparse('file', 1024 * (kib('MemTotal') + kib('SwapTotal')) + GIB);
  const refused = { ...noSpace, path, message: /bytes of memory and swap.*MAP_NORESERVE/ };
  assert.throws(() => map(path, { access: 'copy' }), refused);
  map(path, { access: 'copy', flags: constants.MAP_NORESERVE }).close();
  map(path, { access: 'read' }).close();
  map(path).close();
}

/** A cgroup with too little memory: the OOM killer ends the process. FOLDER is the cgroup. */
function cgroupMemory(): void {
  using memory = anonymous(256 * MIB);
  fs.writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));
  process.stdout.write('storing\n');
  memory.buffer.fill(1);
}

/** A cgroup that allows no further thread. FOLDER is the cgroup. */
async function cgroupThreads(): Promise<void> {
  using memory = anonymous(PAGE_SIZE);
  fs.writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));
  fs.writeFileSync(join(folder, 'pids.max'), '1');
  await assert.rejects(memory.persistAsync(), { code: 'EAGAIN', message: /thread.*pids\.max/ });
  memory.persist();
}

const scenarios: Readonly<Record<string, () => void | Promise<void>>> = {
  addressSpace,
  data,
  lockedMemory,
  fileSize,
  descriptors,
  threads,
  strictOvercommit,
  overcommit,
  cgroupMemory,
  cgroupThreads,
};

async function main(): Promise<void> {
  const run = scenarios[scenario];
  assert.ok(run, `no scenario '${scenario}'`);
  await run();
  process.stdout.write('done\n');
}

void main();
