import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, linkSync, mkdirSync, openSync, statSync, unlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { files, map, seals, WriterLock } from '../../lib/index.js';
import { python } from '../seals/protocol-programs.js';
import { actorNames, actorOf, type Actor, type ActorName } from '../support/actors.js';
import { native } from '../support/backends.js';
import { codeBlocks } from '../support/code-blocks.js';
import { expectMisuse, expectSystemError, rejected, thrown } from '../support/errors.js';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { skipFor } from '../support/skip.js';

const scratch = new Scratch();
const PATIENCE_MS = 20_000;

async function withActor(name: ActorName, body: (actor: Actor) => Promise<void>): Promise<void> {
  const actor = actorOf(name);
  try {
    await body(actor);
  } finally {
    if (name === 'the same thread') await actor.run('release');
    await actor.end();
  }
}

/** No writer has the lock of the file. */
function expectFree(path: string): void {
  const lock = WriterLock.tryAcquire(path);
  expect(lock?.held).toBe(true);
  lock?.release();
}

native.describe.each(actorNames)('the lock of a writer in %s', (holder) => {
  const pid = (): unknown => (holder === 'another process' ? expect.any(Number) : process.pid);

  test.each(actorNames)('is refused to %s, which gets it after its release', async (asker) => {
    const path = scratch.file(100);
    await withActor(holder, async (writer) => {
      expect(await writer.run('acquireWriter', path)).toEqual({ value: undefined });
      await withActor(asker, async (other) => {
        expect(await other.run('tryWriter', path)).toEqual({ value: false });
        for (const timeout of [0, 20]) {
          const refusal = await other.run('acquireWriterLater', path, { timeout });
          expect(refusal).toMatchObject({ code: 'EBUSY', errno: -16, syscall: 'fcntl', path });
          expect(await other.run('acquireWriter', path, { timeout })).toMatchObject({ code: 'EBUSY' });
        }
        const waiting = other.run('acquireWriterLater', path, { timeout: PATIENCE_MS });
        if (asker !== holder || holder !== 'the same thread') await writer.run('release');
        else setTimeout(() => void writer.run('release'), 20);
        expect(await waiting).toEqual({ value: undefined });
        await other.run('release');
        expectFree(path);
      });
    });
  });

  test('is an error that names the process', async () => {
    const path = scratch.file(100);
    await withActor(holder, async (writer) => {
      await writer.run('acquireWriter', path);
      const error = thrown(() => WriterLock.acquire(path, { timeout: 0 })) as Error & { pid?: number };
      expectSystemError(error as never, 'EBUSY', 'fcntl', path);
      expect(error.pid).toEqual(pid());
      expect(error.message).toContain(
        { 'the same thread': 'this thread', 'a worker thread': 'another thread', 'another process': `${error.pid}` }[
          holder
        ],
      );
      expect((await rejected(WriterLock.acquireAsync(path, { timeout: 0 }))) as object).toMatchObject({ pid: pid() });
    });
  });

  test('leaves seals, guarded operations and reads alone', async () => {
    const path = scratch.file(8192);
    await withActor(holder, async (writer) => {
      await writer.run('acquireWriter', path);
      expect(seals.isSealed(path)).toBe(false);
      files.truncate(path, 4096);
      using mapping = map(path);
      const seal = mapping.seal({ policy: 'exclusive' });
      mapping.write(Buffer.from('x'), 0);
      expect(WriterLock.tryAcquire(path)).toBeUndefined();
      expect(await writer.run('truncate', path, 0)).toMatchObject(
        holder === 'the same thread' ? { value: undefined } : { code: 'ETXTBSY' },
      );
      seal.release();
      expect(WriterLock.tryAcquire(path)).toBeUndefined();
      await writer.run('release');
      expectFree(path);
    });
  });
});

native.describe.each(['a worker thread', 'another process'] as const)('the end of a writer in %s', (name) => {
  test('frees the lock, five times', async () => {
    const path = scratch.file(100);
    for (let time = 0; time < 5; time++) {
      const writer = actorOf(name);
      expect(await writer.run('acquireWriter', path)).toEqual({ value: undefined });
      const next = WriterLock.acquireAsync(path, { timeout: PATIENCE_MS });
      await writer.kill(); // SIGKILL, or terminate()
      (await next).release();
    }
  });

  test('while it waits in acquire(): nothing stays behind', async () => {
    const path = scratch.file(100);
    const lock = WriterLock.acquire(path);
    const waiter = actorOf(name);
    await waiter.run('tryWriter', path); // it has loaded everything
    const waiting = rejected(waiter.run('acquireWriter', path));
    await delay(20);
    await waiter.kill();
    expect((await waiting).message).toContain('ended before its reply');
    lock.release();
    expectFree(path);
  });
});

native.describe('a writer lock', () => {
  test('of a path, a URL, a descriptor and a FileHandle are locks of one file', async () => {
    const path = scratch.file(100);
    const handle = await open(path, 'r');
    const fd = openSync(path, 'r'); // opened once more, for writing
    for (const target of [path, pathToFileURL(path), fd, handle]) {
      const lock = WriterLock.acquire(target, { timeout: 0 });
      expect(lock.path).toBe(typeof target === 'string' || target instanceof URL ? path : undefined);
      for (const other of [path, pathToFileURL(path), fd, handle]) expect(WriterLock.tryAcquire(other)).toBeUndefined();
      lock.release();
      lock.release();
      expect(lock.held).toBe(false);
    }
    await handle.close();
    closeSync(fd);
  });

  test('of a file without a name, whose descriptor is closed', async () => {
    const path = scratch.file(100);
    const [fd, same] = [openSync(path, 'r+'), openSync(path, 'r')];
    unlinkSync(path);
    const lock = WriterLock.acquire(fd);
    closeSync(fd);
    expect(WriterLock.tryAcquire(same)).toBeUndefined();
    lock.release();
    WriterLock.acquire(same, { timeout: 0 }).release();
    closeSync(same);
  });

  test('an abort ends the wait, and nothing stays behind', async () => {
    const path = scratch.file(100);
    using lock = WriterLock.acquire(path);
    const controller = new AbortController();
    const waiting = rejected(WriterLock.acquireAsync(path, { signal: controller.signal }));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    expect(await rejected(WriterLock.acquireAsync(path, { signal: controller.signal }))).toBe(reason);
    lock.release();
    expect(thrown(() => WriterLock.acquire(path, { signal: controller.signal }))).toBe(reason);
    expectFree(path);
  });

  test('a wait of this thread for itself is EBUSY at once, without a timeout', () => {
    const path = scratch.file(100);
    using lock = WriterLock.acquire(path);
    expect(thrown(() => WriterLock.acquire(path)).code).toBe('EBUSY');
    expect(lock.held).toBe(true);
  });

  test('two files have two locks; a hard link has none of its own', () => {
    const path = scratch.file(1);
    const link = scratch.path();
    linkSync(path, link);
    using first = WriterLock.acquire(path);
    using second = WriterLock.acquire(scratch.file(1));
    expect([first.held, second.held, WriterLock.tryAcquire(link)]).toEqual([true, true, undefined]);
  });

  test('changes nothing of the file', () => {
    const path = scratch.file(100);
    const before = statSync(path, { bigint: true });
    WriterLock.acquire(path).release();
    const after = statSync(path, { bigint: true });
    expect([after.size, after.mtimeNs, after.ctimeNs]).toEqual([before.size, before.mtimeNs, before.ctimeNs]);
  });

  test('prints in one line, turns into JSON, and is not cloned', () => {
    const path = scratch.file(1);
    const lock = WriterLock.acquire(path);
    expect(inspect(lock)).toBe(`WriterLock { path: '${path}', held: true }`);
    expect(Object.prototype.toString.call(lock)).toBe('[object WriterLock]');
    expect(thrown(() => structuredClone(lock)).message).toContain('acquires its own');
    lock[Symbol.dispose]();
    expect(JSON.parse(JSON.stringify(lock))).toEqual({ path, held: false });
    expect(inspect(Object.create(WriterLock.prototype))).toBe('WriterLock');
  });

  test.each([
    ['inherit', 'is not inherited by a program that the writer starts'],
    ['collect', 'stays when its object is garbage'],
    ['lease', 'shares the descriptor of a lease of this thread, and breaks no lease'],
    ['descriptors', 'leaves no descriptor behind'],
  ])('%s: %s', async (scenario) => {
    expectDone(await runChild('writer-lock', [scenario, scratch.file(8192)], { nodeArgs: ['--expose-gc'] }));
  });
});

native.describe('a writer lock is refused', () => {
  const calls = [
    ['acquire', async (target: never, options?: never) => WriterLock.acquire(target, options)],
    ['acquireAsync', (target: never, options?: never) => WriterLock.acquireAsync(target, options)],
    ['tryAcquire', async (target: never) => WriterLock.tryAcquire(target)],
  ] as const;

  test.each(calls)('%s: where there is nothing to write', async (_name, call) => {
    const refusal = (target: unknown) => rejected(call(target as never));
    const missing = scratch.path();
    expectSystemError(await refusal(missing), 'ENOENT', 'open', missing);
    const folder = scratch.path('folder');
    mkdirSync(folder);
    expectSystemError(await refusal(folder), 'EISDIR', 'open', folder);
    expectSystemError(await refusal('/dev/null'), 'ENODEV', 'open', '/dev/null');
    expectSystemError(await refusal(2 ** 20), 'EBADF', 'fcntl');
    expectSystemError(await refusal('/proc/self/status/x'), 'ENOTDIR', 'open', '/proc/self/status/x');
  });

  test.each(calls)('%s: for wrong arguments', async (name, call) => {
    const path = scratch.file(1);
    for (const target of [undefined, null, {}, 1n, true])
      expectMisuse(await rejected(call(target as never)), 'ERR_INVALID_ARG_TYPE', 'target');
    for (const target of ['', 'a\0b', -2, 0.5])
      expectMisuse(await rejected(call(target as never)), 'ERR_INVALID_ARG_VALUE', 'target');
    if (name === 'tryAcquire') return;
    const misuse = (options: unknown) => rejected(call(path as never, options as never));
    for (const timeout of ['1', null, 1n, {}])
      expectMisuse(await misuse({ timeout }), 'ERR_INVALID_ARG_TYPE', 'options.timeout');
    for (const timeout of [-1, NaN, 0.5, Infinity, 2 ** 53])
      expectMisuse(await misuse({ timeout }), 'ERR_OUT_OF_RANGE', 'options.timeout');
    for (const signal of [1, {}, null])
      expectMisuse(await misuse({ signal }), 'ERR_INVALID_ARG_TYPE', 'options.signal');
    expectMisuse(await misuse({ time: 1 }), 'ERR_INVALID_ARG_VALUE', 'options');
    expectMisuse(await misuse(1), 'ERR_INVALID_ARG_TYPE', 'options');
    expectFree(path);
  });
});

const interpreter = python();

native.and(skipFor(typeof interpreter === 'string' ? interpreter : undefined)).describe('a program in Python', () => {
  const program = typeof interpreter === 'string' ? '' : interpreter.program;

  async function whileItRuns(script: string, path: string, body: (pid: number | undefined) => void): Promise<void> {
    const child = spawn(program, ['-c', script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      body(child.pid);
    } finally {
      child.stdin.end();
      await once(child, 'close');
    }
  }

  test('is the writer by the script of docs/writer-lock.md, and is refused by it', async () => {
    const path = scratch.file(1);
    const [{ code } = { code: '' }] = codeBlocks('docs/writer-lock.md', 'python');
    await whileItRuns(code, path, (pid) => {
      expect(thrown(() => WriterLock.acquire(path, { timeout: 0 }))).toMatchObject({ code: 'EBUSY', pid });
    });
    using lock = WriterLock.acquire(path);
    const child = spawn(program, ['-c', code, path], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect([said.trim(), lock.held]).toEqual(['EBUSY', true]);
  });

  test('that locks the whole file with a record lock is in the way, by its pid', async () => {
    const path = scratch.file(1);
    const script =
      "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, fcntl.LOCK_EX); print('locked', flush=True); sys.stdin.read()";
    await whileItRuns(script, path, (pid) => {
      const error = thrown(() => WriterLock.acquire(path, { timeout: 0 }));
      expect(error).toMatchObject({ code: 'EBUSY', pid });
      expect(error.message).toContain('record lock');
      expect(WriterLock.tryAcquire(path)).toBeUndefined();
    });
    expectFree(path);
  });
});

describe('on the emulation', () => {
  test('every call is EOPNOTSUPP', async () => {
    const outcome = await runChild('writer-lock', ['emulated', scratch.file(1)], {
      env: { MAPDIRECT_BACKEND: 'emulated' },
    });
    expectDone(outcome);
  });
});
