import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, statSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { selectBackend } from '../../lib/backend/select.js';
import { files, map, seals, type Seal, type SealPolicy } from '../../lib/index.js';
import { beginMutation } from '../../lib/seals/protocol.js';
import { runSync } from '../../lib/core/sync-or-async.js';
import { whileSealed } from '../support/actors.js';
import { rejected, thrown } from '../support/errors.js';
import { compiledExample, type ForeignProgram, type Interpreter, python, pythonExample } from './protocol-programs.js';
import { PAGE } from '../support/sizes.js';
import { Scratch } from '../support/scratch.js';
import { native } from '../support/backends.js';
import { skipFor } from '../support/skip.js';

const scratch = new Scratch();

const LENGTH = 4 * PAGE;

const codes: Readonly<Record<string, RegExp>> = {
  ETXTBSY: /^(ETXTBSY|Text file busy)$/,
  EBUSY: /^(EBUSY|Device or resource busy)$/,
  EAGAIN: /^(EAGAIN|Resource temporarily unavailable)$/,
};

function refusal(code: keyof typeof codes): { code: number; error: unknown } {
  return { code: 1, error: expect.stringMatching(codes[code] ?? '') };
}

const done = { code: 0, error: '' };
const no = { code: 1, error: '' };

function inLanguage(title: string, program: ForeignProgram | string, suite: (program: ForeignProgram) => void): void {
  skipFor(typeof program === 'string' ? program : undefined).suite(title, () => suite(program as ForeignProgram));
}

const undo: Array<() => unknown> = [];
afterEach(async () => {
  while (undo.length > 0) await undo.pop()?.();
});

/** Seals as this package does. */
function ours(path: string, policy: SealPolicy = 'refuse'): Seal {
  const mapping = map(path);
  undo.push(() => mapping.close());
  return mapping.seal({ policy });
}

// A lock of a process: it conflicts with nothing of its own, so the program is a child.
const STRANGER = `import fcntl, subprocess, sys
file = open(sys.argv[1], "r+")
fcntl.lockf(file, fcntl.LOCK_EX)
sys.exit(subprocess.run(sys.argv[2:]).returncode)`;

// Locks the whole file, shared or exclusively, says so, and ends with its standard input.
const LOCKER = `import fcntl, sys
file = open(sys.argv[1], "r+")
fcntl.lockf(file, fcntl.LOCK_SH if sys.argv[2] == "shared" else fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()`;

/** Another program locks the whole file of `path`, bytes of the protocol included. @returns its pid. */
async function lockWhole(interpreter: string, path: string, how: 'shared' | 'exclusive'): Promise<number> {
  const child = spawn(interpreter, ['-c', LOCKER, path, how], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  undo.push(() => (child.stdin.end(), ended));
  expect(String((await once(child.stdout, 'data'))[0]).trim()).toBe('locked');
  return child.pid ?? -1;
}

function lockedByStranger(program: ForeignProgram, interpreter: string): void {
  const path = scratch.file(LENGTH);
  const underLock = (command: string, ...rest: string[]): object => {
    const { status, stderr } = spawnSync(
      interpreter,
      ['-c', STRANGER, path, ...program.command, command, path, ...rest],
      { encoding: 'utf8', input: '' },
    );
    return { code: status, error: stderr.trim() };
  };
  expect(underLock('sealed')).toEqual(no);
  expect(underLock('truncate', String(PAGE))).toEqual(refusal('EAGAIN'));
  expect(underLock('seal')).toEqual(refusal('EAGAIN'));
  expect(statSync(path).size).toBe(LENGTH);
}

function speaks(program: ForeignProgram): void {
  async function theirs(...words: string[]) {
    const seal = await program.seal(...words);
    undo.push(() => seal.kill());
    return seal;
  }

  test('its truncate of a file that is not sealed succeeds', () => {
    const path = scratch.file(LENGTH);
    expect(program.run('sealed', path)).toEqual(no);
    expect(program.run('truncate', path, String(PAGE))).toEqual(done);
    expect(statSync(path).size).toBe(PAGE);
  });

  test.each(['refuse', 'exclusive'] as const)(
    'it sees our seal (%s), is refused, and is free again after the release',
    (policy) => {
      const path = scratch.file(LENGTH);
      const seal = ours(path, policy);
      expect(program.run('sealed', path)).toEqual(done);
      expect(program.run('truncate', path, String(PAGE))).toEqual(refusal('ETXTBSY'));
      expect(statSync(path).size).toBe(LENGTH);
      seal.release();
      expect(program.run('sealed', path)).toEqual(no);
      expect(program.run('truncate', path, String(PAGE))).toEqual(done);
    },
  );

  test('our guarded operations see its seal, and succeed after its release', async () => {
    const path = scratch.file(LENGTH);
    const seal = await theirs(path);
    expect(seals.isSealed(path)).toBe(true);
    expect(thrown(() => files.truncate(path, PAGE)).code).toBe('ETXTBSY');
    expect(thrown(() => map(path, { size: 2 * LENGTH })).code).toBe('ETXTBSY');
    expect(statSync(path).size).toBe(LENGTH);
    await seal.release();
    expect(seals.isSealed(path)).toBe(false);
    files.truncate(path, PAGE);
    expect(statSync(path).size).toBe(PAGE);
  });

  test('SIGKILL takes its seal away', async () => {
    const path = scratch.file(LENGTH);
    const seal = await theirs(path);
    expect(seals.isSealed(path)).toBe(true);
    await seal.kill();
    expect(seals.isSealed(path)).toBe(false);
  });

  test('seals of both go beside each other, exclusive ones do not', async () => {
    const shared = scratch.file(LENGTH);
    await theirs(shared);
    ours(shared);
    expect((await rejected(program.seal(shared, 'exclusive'))).message).toMatch(codes['EBUSY'] ?? '');

    const exclusive = scratch.file(LENGTH);
    await theirs(exclusive, 'exclusive');
    expect(thrown(() => ours(exclusive)).code).toBe('EBUSY');

    const oursAlone = scratch.file(LENGTH);
    ours(oursAlone, 'exclusive');
    expect((await rejected(program.seal(oursAlone))).message).toMatch(codes['EBUSY'] ?? '');
  });

  test('a mutation of ours under way makes its seal wait, and EBUSY', async () => {
    const path = scratch.file(LENGTH);
    const backend = selectBackend('native');
    const fd = openSync(path, 'r');
    runSync(beginMutation(backend.files, fd, 'readable'));
    expect((await rejected(program.seal(path))).message).toMatch(codes['EBUSY'] ?? '');
    expect(program.run('truncate', path, String(LENGTH))).toEqual(done); // mutators do not hold each other off
    closeSync(fd);
    await theirs(path);
  });

  test('an exclusive sealer between its two steps, after the kernel has joined its locks: one program sees a seal, the other sees it busy, and none sees a stranger', () => {
    const path = scratch.file(LENGTH);
    const { files: locks } = selectBackend('native');
    const fd = openSync(path, 'r+');
    try {
      expect([locks.setLock(fd, 'mutating', 'exclusive'), locks.setLock(fd, 'sealed', 'exclusive')]).toEqual([
        true,
        true,
      ]);
      expect(seals.isSealed(path)).toBe(true);
      expect(thrown(() => files.truncate(path, PAGE)).code).toBe('EBUSY');
      expect(program.run('sealed', path)).toEqual(done);
      expect(program.run('truncate', path, String(PAGE))).toEqual(refusal('EBUSY'));
    } finally {
      closeSync(fd);
    }
    expect(statSync(path).size).toBe(LENGTH);
  });

  const interpreter = python();
  const aStrangersLock = "a stranger's lock of the whole file is no seal: EAGAIN";
  skipFor(typeof interpreter === 'string' ? interpreter : undefined).test(aStrangersLock, () =>
    lockedByStranger(program, (interpreter as Interpreter).program),
  );
}

/** The answers of this package for a file that another program has locked as a whole. */
function besideStrangers(interpreter: string): void {
  async function expectAnswers(path: string, pid: number, sealed: boolean): Promise<void> {
    const fd = openSync(path, 'r');
    expect([seals.isSealed(path), seals.isSealed(fd)]).toEqual([sealed, sealed]);
    closeSync(fd);
    const { code, message } = thrown(() => files.truncate(path, PAGE));
    // Of a shared lock and a seal either may be found first: both refuse.
    if (!sealed || code !== 'ETXTBSY') expect([code, message.includes(`process ${pid} `)]).toEqual(['EAGAIN', true]);
    expect(statSync(path).size).toBe(LENGTH);
  }

  test.each(['shared', 'exclusive'] as const)(
    'a lock of the whole file (%s), and no seal: isSealed() is false',
    async (how) => {
      const path = scratch.file(LENGTH);
      await expectAnswers(path, await lockWhole(interpreter, path, how), false);
      await seals.requestBreak(path); // nothing is sealed: there is no holder to ask
    },
  );

  test('a seal of another process, then a shared lock of the whole file: isSealed() is true', async () => {
    const path = scratch.file(LENGTH);
    await whileSealed('another process', path, async () => {
      await expectAnswers(path, await lockWhole(interpreter, path, 'shared'), true);
      expect((await rejected(seals.requestBreak(path))).code).toBe('ETXTBSY');
    });
    expect(seals.isSealed(path)).toBe(false);
  });

  test('a shared lock of the whole file beside a seal of ours: a request to break asks ours alone', async () => {
    const path = scratch.file(LENGTH);
    const seal = ours(path, 'breakable');
    await lockWhole(interpreter, path, 'shared');
    seal.on('break', ({ release }) => release());
    await seals.requestBreak(path);
    expect([seal.state, seals.isSealed(path)]).toEqual(['released', false]);
  });

  test('a seal that the asking descriptor has itself is found', () => {
    const path = scratch.file(LENGTH);
    const { files: locks } = selectBackend('native');
    const fd = openSync(path, 'r+');
    try {
      expect(locks.setLock(fd, 'sealed', 'exclusive')).toBe(true);
      expect(seals.isSealed(fd)).toBe(true);
      locks.setLock(fd, 'sealed', 'none');
      expect(seals.isSealed(fd)).toBe(false);
    } finally {
      closeSync(fd);
    }
  });
}

/** The Python example alone can ask for a break. */
function asks(program: ForeignProgram): void {
  function breakable(path: string, deadline: number): Seal {
    const mapping = map(path, { direct: { policy: 'breakable', enforcement: 'lease', deadline } });
    undo.push(() => mapping.close());
    const [seal] = mapping.seals;
    if (seal === undefined) throw new Error('not sealed');
    return seal;
  }

  test('a break request reaches our holder, and returns after the release', async () => {
    const path = scratch.file(LENGTH);
    const seal = breakable(path, 30_000);
    seal.on('break', ({ release }) => release());
    expect(await program.runLater('break', path)).toEqual(done);
    expect(seal.state).toBe('released');
    expect(program.run('truncate', path, String(PAGE))).toEqual(done);
  });

  test('at our deadline it is let in, and the seal is broken', async () => {
    const path = scratch.file(LENGTH);
    const seal = breakable(path, 100);
    const broken = new Promise((resolve) => seal.on('broken', () => resolve('broken')));
    expect(await program.runLater('break', path)).toEqual(done);
    expect(await broken).toBe('broken');
    expect(program.run('truncate', path, String(PAGE))).toEqual(done);
  });

  test('a seal that is not breakable is ETXTBSY; a file without a seal needs no request', async () => {
    const path = scratch.file(LENGTH);
    const seal = ours(path);
    expect(await program.runLater('break', path)).toEqual(refusal('ETXTBSY'));
    seal.release();
    expect(await program.runLater('break', path)).toEqual(done);
  });
}

native.suite('the protocol of seals', () => {
  inLanguage('in C, taken out of docs/seals.md', compiledExample(scratch.dir), speaks);
  inLanguage('in Python, taken out of docs/seals.md', pythonExample(scratch.dir), speaks);
  inLanguage('in Python, a break request', pythonExample(scratch.dir), asks);

  const interpreter = python();
  skipFor(typeof interpreter === 'string' ? interpreter : undefined).suite("beside a stranger's lock", () =>
    besideStrangers((interpreter as Interpreter).program),
  );
});
