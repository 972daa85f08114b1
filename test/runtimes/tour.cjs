'use strict';
// A tour of every public call, in plain JavaScript over dist/, for any runtime that loads the addon:
//   node test/runtimes/tour.cjs
//   bun test/runtimes/tour.cjs
//   deno run --allow-ffi --allow-env --allow-read --allow-write --allow-run=sh test/runtimes/tour.cjs
// One line for each call that fails or is skipped, and a closing line "N passed, N failed, N skipped". Argument: the
// backend (default: native).

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { setImmediate: nextTurn, setTimeout: sleep } = require('node:timers/promises');

process.env.MAPDIRECT_BACKEND = process.argv[2] ?? 'native';
const isNative = process.env.MAPDIRECT_BACKEND === 'native';

const root = join(__dirname, '..', '..');
const mapdirect = require(join(root, 'dist', 'lib', 'index.js'));
const {
  anonymous,
  attach,
  constants,
  extents,
  files,
  map,
  mapAsync,
  mmap,
  probe,
  probeSync,
  seals,
  stats,
  WriterLock,
} = mapdirect;
const mmapIo = require(join(root, 'dist', 'lib', 'compat', 'mmap-io', 'index.js'));
const { mappingDeclarations, publicMembers, publicStatics } = require(
  join(root, 'dist', 'test', 'support', 'declarations.js'),
);

const SIZE = 1 << 20;
const PATIENCE_MS = 20_000;
const folder = fs.mkdtempSync(join(tmpdir(), 'mapdirect-tour-'));
let made = 0;

const warnings = [];
process.on('warning', ({ code }) => warnings.push(code));

function file(size = SIZE) {
  const path = join(folder, `file-${++made}`);
  fs.writeFileSync(path, Buffer.alloc(size, 7));
  return path;
}

/** Runs `use` with a new mapping, and closes it. */
function mapped(use, options) {
  const mapping = map(file(), options);
  try {
    return use(mapping);
  } finally {
    mapping.close();
  }
}

async function mappedLater(use, options) {
  const mapping = map(file(), options);
  try {
    return await use(mapping);
  } finally {
    mapping.close();
  }
}

function withDescriptors(use) {
  const fds = [fs.openSync(file(), 'r+'), fs.openSync(file(), 'r+')];
  try {
    return use(...fds);
  } finally {
    fds.forEach((fd) => fs.closeSync(fd));
  }
}

async function withDescriptorsLater(use) {
  const fds = [fs.openSync(file(), 'r+'), fs.openSync(file(), 'r+')];
  try {
    return await use(...fds);
  } finally {
    fds.forEach((fd) => fs.closeSync(fd));
  }
}

class Skipped extends Error {}

function needsNative() {
  if (!isNative) throw new Skipped('the emulation has none (see docs/emulation.md)');
}

/** A call that the file system of the temporary folder may not have. */
function orUnsupported(call) {
  try {
    return call();
  } catch (error) {
    if (error.code === 'ENOSYS')
      throw new Skipped('this emulator of a CPU has no such system call: run it on a real one');
    if (error.code === 'EOPNOTSUPP' || error.code === 'EXDEV')
      throw new Skipped(`${tmpdir()} has none: ${error.code}; set TMPDIR to a folder on btrfs or xfs`);
    throw error;
  }
}

async function orUnsupportedLater(call) {
  const outcome = await call().then(
    () => () => undefined,
    (error) => () => {
      throw error;
    },
  );
  return orUnsupported(outcome);
}

function withWriterLock(use) {
  needsNative();
  const lock = WriterLock.acquire(file());
  try {
    use(lock);
  } finally {
    lock.release();
  }
}

const exported = {
  map: () => mapped((m) => assert.equal(m.buffer[0], 7)),
  mapAsync: async () => (await mapAsync(pathToFileURL(file()))).close(),
  mmap: () => {
    needsNative();
    withDescriptors((fd) => mmap(SIZE, constants.PROT_READ | constants.PROT_WRITE, constants.MAP_SHARED, fd).close());
  },
  anonymous: () => {
    const m = anonymous(SIZE);
    m.buffer[0] = 1;
    m.close();
  },
  attach: () =>
    mapped((m) => {
      const other = attach(m.share());
      m.write(Buffer.from('hello'), 0);
      if (isNative) assert.equal(other.view(0, 5).toString(), 'hello');
      other.close();
    }),
  extents: () => {
    needsNative();
    assert.equal(
      extents(file()).reduce((sum, { length }) => sum + length, 0),
      SIZE,
    );
  },
  probe: async () => assert.equal((await probe(file())).pageSize.answer, constants.PAGE_SIZE),
  probeSync: () => {
    assert.equal(probeSync(folder).pageSize.answer, constants.PAGE_SIZE);
    if (isNative) assert.notEqual(probeSync(file()).leases.answer, 'unknown');
  },
  stats: () => mapped(() => assert.equal(stats().mappings, 1)),
  Registration: () => registered((r) => assert.ok(r instanceof mapdirect.Registration)),
  Pin: () =>
    mapped((m) => {
      const pin = m.pin();
      assert.throws(() => m.close(), { code: 'EBUSY' });
      pin.release();
    }),
  Mapping: () => mapped((m) => assert.ok(m instanceof mapdirect.Mapping)),
  Seal: () => mapped((m) => assert.ok(m.seal() instanceof mapdirect.Seal)),
  WriterLock: () => withWriterLock((lock) => assert.ok(lock instanceof WriterLock)),
};

const writerLockCalls = {
  acquire: () =>
    withWriterLock((lock) => {
      const isBusy = { code: 'EBUSY', pid: process.pid };
      assert.throws(() => WriterLock.acquire(lock.path, { timeout: 0 }), isBusy);
    }),
  acquireAsync: async () => {
    needsNative();
    const path = file();
    const first = WriterLock.acquire(path);
    const second = WriterLock.acquireAsync(path, { timeout: PATIENCE_MS });
    first.release();
    (await second).release();
  },
  tryAcquire: () => withWriterLock((lock) => assert.equal(WriterLock.tryAcquire(lock.path), undefined)),
  path: () => withWriterLock((lock) => assert.equal(typeof lock.path, 'string')),
  held: () => withWriterLock((lock) => assert.equal(lock.held, true)),
  release: () =>
    withWriterLock((lock) => {
      lock.release();
      WriterLock.acquire(lock.path, { timeout: 0 }).release();
    }),
  toJSON: () => withWriterLock((lock) => assert.equal(JSON.parse(JSON.stringify(lock)).held, true)),
};

/** Runs `use` with a registration of 4096 bytes, and ends it. */
function registered(use) {
  needsNative();
  mapped((m) => {
    const registration = m.register({ length: 4096 });
    try {
      use(registration, m);
    } finally {
      registration.deregister();
    }
  });
}

/** Runs `use` with a buffer of io_uring and a file, if this process may use io_uring. */
async function transferred(use) {
  needsNative();
  const m = anonymous(4096);
  const fd = fs.openSync(file(4096), 'r+');
  try {
    const registration = m.register({ provider: 'io_uring' });
    try {
      await use(registration, fd, m);
    } finally {
      registration.deregister();
    }
  } catch (error) {
    if (error.syscall !== 'io_uring_setup') throw error; // a container forbids it
  } finally {
    fs.closeSync(fd);
    m.close();
  }
}

const registrationCalls = {
  address: () => registered((r, m) => assert.equal(r.address, m.address)),
  length: () => registered((r) => assert.equal(r.length, 4096)),
  localKey: () => registered((r) => assert.equal(r.localKey, undefined)),
  remoteKey: () => registered((r) => assert.equal(r.remoteKey, undefined)),
  provider: () => registered((r) => assert.equal(r.provider, 'lock')),
  onDemand: () => registered((r) => assert.equal(r.onDemand, false)),
  valid: () => registered((r) => assert.equal(r.valid, true)),
  seal: () => registered((r) => assert.throws(() => r.seal.release(), { code: 'EBUSY' })),
  reasons: () => registered((r) => assert.equal(r.reasons.length, 1)),
  descriptor: () => registered((r) => assert.throws(() => r.descriptor(), { code: 'EOPNOTSUPP' })),
  read: () => transferred((r, fd, m) => r.read(fd, 0, 0, 4096).then(() => assert.equal(m.buffer[0], 7))),
  write: () => transferred((r, fd) => r.write(fd, 0, 0, 4096).then((bytes) => assert.equal(bytes, 4096))),
  deregister: () =>
    registered((r) => {
      r.deregister();
      assert.equal(r.valid, false);
    }),
  toJSON: () => registered((r) => assert.equal(JSON.parse(JSON.stringify(r)).length, 4096)),
};

const mappingCalls = {
  access: () => mapped((m) => assert.equal(m.access, 'read'), { access: 'read' }),
  durability: () => mapped((m) => assert.equal(m.durability.backend, isNative ? 'native' : 'emulated')),
  path: () => mapped((m) => assert.equal(typeof m.path, 'string')),
  length: () => mapped((m) => assert.equal(m.length, SIZE)),
  offset: () => mapped((m) => assert.equal(m.offset, 65536), { offset: 65536 }),
  flags: () => mapped((m) => assert.equal(m.flags & constants.MAP_SHARED, constants.MAP_SHARED)),
  closed: () => mapped((m) => assert.equal(m.closed, false)),
  faulted: () => mapped((m) => assert.equal(m.faulted, false)),
  address: () => mapped((m) => assert.equal(m.address > 0n, isNative)),
  buffer: () => mapped((m) => assert.equal(m.buffer.length, SIZE)),
  view: () => mapped((m) => assert.equal(m.view(100, 5).toString('latin1'), '\x07'.repeat(5))),
  arrayBuffer: () => mapped((m) => assert.equal(m.arrayBuffer().byteLength, SIZE)),
  persist: () => {
    const path = file();
    const m = map(path);
    m.buffer[5] = 42;
    m.persist();
    assert.equal(fs.readFileSync(path)[5], 42);
    m.close();
  },
  flush: () => mapped((m) => m.flush(0, 100)),
  drain: () => mapped((m) => m.drain()),
  persistRanges: () =>
    mapped((m) =>
      m.persistRanges([
        [0, 64],
        [8192, 64],
      ]),
    ),
  persistAsync: () => mappedLater((m) => m.persistAsync(0, 4096, { signal: new AbortController().signal })),
  write: () =>
    mapped((m) => {
      m.write(Buffer.from('hello'), 1000);
      assert.equal(m.view(1000, 5).toString(), 'hello');
    }),
  fill: () =>
    mapped((m) => {
      m.fill(9, 10, 100);
      assert.equal(m.buffer[50], 9);
    }),
  persistWord: () =>
    mapped((m) => {
      m.persistWord(16, 2n ** 64n - 2n);
      assert.equal(m.buffer.readBigUInt64LE(16), 2n ** 64n - 2n);
    }),
  deepPersist: () => mapped((m) => m.deepPersist()),
  advise: () => mapped((m) => m.advise('random')),
  prefetch: () => mappedLater((m) => m.prefetch()),
  populate: () => mapped((m) => m.populate()),
  residency: () => mapped((m) => assert.equal(m.residency().pages, SIZE / constants.PAGE_SIZE)),
  badBlocks: () =>
    mapped((m) => {
      try {
        assert.ok(Array.isArray(m.badBlocks()));
      } catch (error) {
        assert.equal(error.code, 'EOPNOTSUPP'); // on every disk
      }
    }),
  lock: () => mapped((m) => m.lock(0, 4096)),
  unlock: () => mapped((m) => m.unlock(0, 4096)),
  remap: () => mapped((m) => m.remap()),
  resize: () =>
    mapped(
      (m) => {
        const view = m.view(0, 10);
        m.resize(2 * SIZE);
        assert.equal(m.length, 2 * SIZE);
        if (isNative) assert.equal(view[0], 7);
      },
      { reserve: 4 * SIZE },
    ),
  wait: () => {
    needsNative();
    mapped((m) => assert.equal(m.wait(0, 0), 'not-equal'));
  },
  waitAsync: async () => {
    needsNative();
    await mappedLater(async (m) => {
      const woken = m.waitAsync(0, m.buffer.readInt32LE(0));
      m.buffer[0]++;
      m.notify(0);
      assert.equal(await woken, 'ok');
    });
  },
  notify: () => {
    needsNative();
    mapped((m) => assert.equal(m.notify(0), 0));
  },
  pin: () => mapped((m) => m.pin().release()),
  register: () => {
    needsNative();
    mapped((m) => {
      const registration = m.register({ length: 4096 });
      assert.equal(registration.address, m.address);
      registration.deregister();
    });
  },
  createReadStream: () =>
    mappedLater(async (m) => {
      let bytes = 0;
      for await (const chunk of m.createReadStream({ start: 5, highWaterMark: 1000 })) {
        bytes += chunk.length;
        assert.equal(chunk[0], 7);
      }
      assert.equal(bytes, SIZE - 5);
    }),
  sharedArrayBuffer: () => {
    const m = map(file());
    try {
      const words = new Int32Array(m.sharedArrayBuffer(0, 4096));
      Atomics.store(words, 0, 5);
      assert.equal(m.buffer.readInt32LE(0), 5);
    } catch (error) {
      assert.equal(error.code, 'EOPNOTSUPP');
      m.close();
    }
  },
  share: () => mapped((m) => structuredClone(m.share())),
  seal: () => mapped((m) => assert.equal(m.seal().state, 'held')),
  sealAsync: () => mappedLater(async (m) => assert.equal((await m.sealAsync()).state, 'held')),
  seals: () => mapped((m) => assert.equal(m.seals.length, 1), { direct: 'require' }),
  close: async () => {
    const m = map(file());
    const { buffer } = m;
    m.close();
    m.close();
    await nextTurn();
    assert.equal(buffer.length, 0);
    assert.throws(() => m.view(), { code: 'ERR_MAPPING_CLOSED' });
  },
  closeAsync: async () => {
    const m = map(file());
    const pin = m.pin();
    const closed = m.closeAsync();
    assert.throws(() => m.pin(), { code: 'ERR_MAPPING_CLOSED' });
    await nextTurn();
    assert.equal(m.closed, false);
    pin.release();
    await closed;
    assert.equal(m.closed, true);
    await map(file())[Symbol.asyncDispose]();
  },
  on: () => mapped((m) => m.on('fault', () => undefined)),
  once: () => mapped((m) => m.once('fault', () => undefined)),
  off: () => mapped((m) => m.off('fault', () => undefined)),
  fd: () =>
    mapped((m) => {
      const other = map(m.fd);
      assert.equal(other.length, SIZE);
      other.close();
    }),
  toJSON: () => mapped((m) => assert.equal(JSON.parse(JSON.stringify(m)).path, m.path)),
};

const mappingStatics = {
  of: () => mapped((m) => assert.deepEqual(mapdirect.Mapping.of(m.view(5, 1)), { mapping: m, offset: 5 })),
};

/** Runs `use` with a Buffer of mapdirect/compat/mmap-io, and unmaps it. */
function mappedBuffer(use) {
  const fd = fs.openSync(file(), 'r+');
  const buffer = mmapIo.map(SIZE, mmapIo.PROT_WRITE, mmapIo.MAP_SHARED, fd, 0, mmapIo.MADV_RANDOM);
  fs.closeSync(fd);
  try {
    use(buffer);
  } finally {
    mmapIo.unmap(buffer);
  }
}

const mmapIoCalls = {
  map: () => mappedBuffer((buffer) => assert.deepEqual([buffer.length, buffer[5]], [SIZE, 7])),
  advise: () => mappedBuffer((buffer) => mmapIo.advise(buffer, 100, 4096, mmapIo.MADV_WILLNEED)),
  incore: () =>
    mappedBuffer((buffer) => {
      const [unmapped, mapped] = mmapIo.incore(buffer);
      assert.equal(unmapped + mapped, SIZE / mmapIo.PAGESIZE);
    }),
  sync: () => mappedBuffer((buffer) => mmapIo.sync(buffer, 100, 5, true)),
  unmap: () => mappedBuffer((buffer) => (mmapIo.unmap(buffer.subarray(5)), assert.equal(buffer.length, 0))),
};

const sealCalls = {
  enforcement: () => mapped((m) => assert.equal(m.seal().enforcement, 'advisory')),
  state: () => mapped((m) => assert.equal(m.seal().state, 'held')),
  extents: () => mapped((m) => assert.ok(Array.isArray(m.seal().extents))),
  verify: () => mapped((m) => assert.deepEqual(m.seal().verify(), { state: 'held', moved: [] })),
  release: () =>
    mapped((m) => {
      const seal = m.seal();
      seal.release();
      assert.equal(seal.state, 'released');
    }),
  toJSON: () => mapped((m) => assert.equal(JSON.parse(JSON.stringify(m.seal())).state, 'held')),
};

const sealsCalls = {
  list: () => mapped(() => assert.equal(seals.list().length, 1), { direct: 'require' }),
  isSealed: () => {
    const path = file();
    const m = map(path, { direct: 'require' });
    assert.equal(seals.isSealed(path), true);
    m.close();
    assert.equal(seals.isSealed(path), false);
  },
  requestBreak: async () => {
    const path = file();
    const m = map(path, { direct: { policy: 'breakable', deadline: 50 } });
    await seals.requestBreak(path);
    assert.equal(m.seals[0]?.state, 'broken');
    m.close();
  },
};

/** The same for files.* and files.promises.*: `it` is one of them. */
const filesCalls = {
  open: async (it) => fs.closeSync(await it.open(file(), 'r+')),
  truncate: (it) => it.truncate(file(), 100),
  ftruncate: (it) => withDescriptorsLater((fd) => it.ftruncate(fd, 100)),
  fallocate: (it) => {
    needsNative();
    return withDescriptorsLater((fd) => it.fallocate(fd, 0, 0, 2 * SIZE));
  },
  write: (it) => withDescriptorsLater(async (fd) => assert.equal(await it.write(fd, Buffer.from('hello'), 0, 5, 0), 5)),
  append: async (it) => assert.equal(await it.append(file(), Buffer.from('hello')), 5),
  copyRange: (it) => {
    needsNative();
    return withDescriptorsLater(async (from, to) => assert.equal(await it.copyRange(from, 0, to, 0, 4096), 4096));
  },
  clone: (it) => {
    needsNative();
    return orUnsupportedLater(async () => it.clone(file(), join(folder, `clone-${++made}`)));
  },
  dedupe: (it) => {
    needsNative();
    return orUnsupportedLater(() => withDescriptorsLater(async (from, to) => it.dedupe(from, 0, 4096, to, 0)));
  },
};

const refused = {
  'a sealed file may not be truncated': () =>
    mapped(
      (m) => {
        assert.throws(() => files.truncate(m.path, 0), { code: 'ETXTBSY' });
      },
      { direct: 'require' },
    ),
  'a lease hears of a stranger': async () => {
    needsNative();
    const path = file();
    const m = map(path, { direct: { policy: 'breakable', enforcement: 'lease', deadline: 200 } });
    const asked = new Promise((resolve) => m.seals[0].once('break', resolve));
    const [seal] = m.seals;
    const broken = new Promise((resolve) => seal.once('broken', resolve)); // may come after the open of the stranger
    const stranger = once(spawn('sh', ['-c', ': >> "$0"', path]), 'close'); // its open waits
    const never = sleep(PATIENCE_MS).then(() => assert.fail('no event of the seal'));
    assert.ok((await Promise.race([asked, never])).deadline <= 200);
    await Promise.race([Promise.all([stranger, broken]), never]);
    assert.equal(seal.state, 'broken');
    m.close();
  },
  'an unknown option is an error with a code': () =>
    assert.throws(() => map(file(), { creat: true }), { code: 'ERR_INVALID_ARG_VALUE' }),
  'a failed system call has code, errno and path': () => {
    assert.throws(() => map(join(folder, 'none')), { code: 'ENOENT', errno: -2, path: join(folder, 'none') });
  },
};

/** files.guard(fs): what it refuses, and that its undo gives everything back. */
async function guard() {
  const undo = files.guard(fs);
  await nextTurn();
  const isOther = 'bun' in process.versions || 'deno' in process.versions;
  assert.equal(warnings.includes('MAPDIRECT_UNGUARDED'), isOther); // its named ESM imports are not covered, and it says so
  try {
    mapped((m) => assert.throws(() => fs.truncateSync(m.path, 0), { code: 'ETXTBSY' }), { direct: 'require' });
  } finally {
    undo();
  }
  mapped((m) => fs.truncateSync(m.path, SIZE), { direct: 'require' });
}

/** The methods and accessors of a class that its declarations show to users. */
function membersOf({ prototype }, declarations) {
  return declarations.flatMap(publicMembers).filter((name) => name in prototype);
}

/** The same, with static methods and fields. */
function allMembersOf(declaration) {
  return [...publicMembers(declaration), ...publicStatics(declaration)];
}

/** The tour has a step for everything that there is. */
function isWhole() {
  const constructors = ['Mapping', 'Seal', 'Pin', 'Registration', 'WriterLock'];
  const there = [
    ...Object.keys(mapdirect).filter((name) => typeof mapdirect[name] === 'function' && !(name in exported)),
    ...membersOf(mapdirect.Mapping, mappingDeclarations)
      .filter((name) => !(name in mappingCalls))
      .map((name) => `Mapping.${name}`),
    ...publicStatics('mapping/mapping.d.ts')
      .filter((name) => !(name in mappingStatics))
      .map((name) => `Mapping.${name}`),
    ...membersOf(mapdirect.Seal, ['seals/seal.d.ts'])
      .filter((name) => !(name in sealCalls))
      .map((name) => `Seal.${name}`),
    ...membersOf(mapdirect.Registration, ['registration/registration.d.ts'])
      .filter((name) => !(name in registrationCalls))
      .map((name) => `Registration.${name}`),
    ...allMembersOf('writer-lock.d.ts')
      .filter((name) => !(name in writerLockCalls))
      .map((name) => `WriterLock.${name}`),
    ...Object.keys(mmapIo.default)
      .filter((name) => typeof mmapIo[name] === 'function' && !(name in mmapIoCalls))
      .map((name) => `mmap-io.${name}`),
    ...Object.keys(seals)
      .filter((name) => !(name in sealsCalls))
      .map((name) => `seals.${name}`),
    ...Object.keys(files)
      .filter((name) => !(name in filesCalls) && !['promises', 'guard'].includes(name))
      .map((name) => `files.${name}`),
  ];
  assert.ok(constructors.every((name) => typeof mapdirect[name] === 'function'));
  assert.deepEqual(there, [], 'a step of the tour is missing for these');
}

const group = (prefix, calls, ...args) =>
  Object.entries(calls)
    .filter(([, call]) => call !== undefined)
    .map(([name, call]) => [`${prefix}${name}`, () => call(...args)]);

const steps = [
  ['the tour is whole', isWhole],
  ...group('', exported),
  ...group('Mapping.', mappingCalls),
  ...group('Mapping.', mappingStatics),
  ...group('mmap-io.', mmapIoCalls),
  ...group('Seal.', sealCalls),
  ...group('Registration.', registrationCalls),
  ...group('WriterLock.', writerLockCalls),
  ...group('seals.', sealsCalls),
  ...group('files.', filesCalls, files),
  ...group('files.promises.', filesCalls, files.promises),
  ['files.guard', guard],
  ...group('', refused),
];

async function main() {
  setInterval(() => undefined, 1000); // nothing of the package keeps a process alive
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, step] of steps) {
    try {
      await step();
      total.passed++;
    } catch (error) {
      total[error instanceof Skipped ? 'skipped' : 'failed']++;
      console.log(
        error instanceof Skipped ? `skipped: ${name}: ${error.message}` : `failed: ${name}: ${error.stack ?? error}`,
      );
    }
  }
  fs.rmSync(folder, { recursive: true, force: true });
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exit(total.failed === 0 ? 0 : 1);
}
void main();
