import type { LeaseEvents } from '../../lib/backend/lease-events.js';
import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { selectBackend } from '../../lib/backend/select.js';
import type { Backend } from '../../lib/backend/backend.js';
import { errno, systemError } from '../../lib/core/errors.js';
import { descriptorOpener, openGuarded, openUnguarded } from '../../lib/files/open.js';
import { checkLease } from '../../lib/files/path-guard.js';
import { truncateThrough } from '../../lib/files/resize.js';
import { files } from '../../lib/files.js';
import { identity } from '../../lib/storage/inode-id.js';
import { enterFile, type GuardedFile } from '../../lib/seals/mutation-guard.js';
import { countSealLocks, countTwiceAlike, hasSealLockInProc } from '../../lib/seals/proc-locks.js';
import { quickCall, runSync } from '../../lib/core/sync-or-async.js';
import { expectSystemError, thrown } from '../support/errors.js';
import { whileSealed } from '../support/actors.js';
import { Scratch } from '../support/scratch.js';
import { sealPath } from '../support/sealed.js';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { root } from '../support/skip.js';

const scratch = new Scratch();
const LIMIT = 60_000;
const SEALED = '4611686018427387904';
describe('a table of locks', () => {
  const lines = [
    '1: POSIX  ADVISORY  WRITE 4242 08:01:131090 0 EOF',
    `2: OFDLCK ADVISORY  READ -1 08:01:131090 ${SEALED} ${SEALED}`,
    `2: -> OFDLCK ADVISORY  WRITE -1 08:01:7 ${SEALED} ${SEALED}`,
    `3: OFDLCK ADVISORY  READ -1 08:01:8 ${SEALED} EOF`,
    `3: OFDLCK ADVISORY  READ -1 08:01:81 0 ${SEALED}`,
    `3: OFDLCK ADVISORY  WRITE -1 08:01:82 ${SEALED} 4611686018427387905`,
    `4: POSIX  ADVISORY  READ 77 08:01:9 ${SEALED} ${SEALED}`,
    `5: OFDLCK ADVISORY  WRITE -1 103:fffff:10 ${SEALED} ${SEALED}`,
    '6: LEASE  ACTIVE    WRITE 77 08:01:11 0 EOF',
    `7: OFDLCK ADVISORY  READ -1 1388:07:12 ${SEALED} ${SEALED}`,
    '',
  ];
  const table = lines.join('\n');
  const dev = 0x801;

  test.each([
    [131090, true],
    [13109, false],
    [31090, false],
    [7, false], // waits only
    [8, false], // covers more than the protocol's bytes
    [81, false],
    [82, true], // two of them, joined by the kernel
    [9, false], // a process's
    [11, false],
  ])('inode %d: %p', (ino, found) => expect(countSealLocks(table, '', dev, ino, 'sealed')).toBe(Number(found)));

  test('another byte, another device; numbers of devices that do not fit a byte', () => {
    expect(countSealLocks(table, '', dev, 131090, 'mutating')).toBe(0);
    expect(countSealLocks(table, '', 0x802, 131090, 'sealed')).toBe(0);
    expect(countSealLocks(table, '', 0xfff103ff, 10, 'sealed')).toBe(1);
    expect(countSealLocks(table, '', 0xfff103ffn, 10n, 'sealed')).toBe(1);
    expect(countSealLocks(table, '', (0x1000n << 32n) | 0x38807n, 12, 'sealed')).toBe(1); // major 5000, minor 7
    expect(countSealLocks('', '', dev, 1, 'sealed')).toBe(0);
  });

  test('two descriptions with a lock on one byte count twice', () => {
    expect(
      countSealLocks(
        `${table}7: OFDLCK ADVISORY  READ -1 08:01:131090 ${SEALED} ${SEALED}\n`,
        '',
        dev,
        131090,
        'sealed',
      ),
    ).toBe(2);
  });

  test.each([
    ['a short table is read once', 'short', [2, 1], 2, 1],
    ['of a long one two readings must agree', 'long', [2, 1, 1, 5], 1, 3],
    ['one that never settles is not read for ever', 'long', [1, 2, 1, 2, 1, 2, 1, 2, 1], 2, 8],
  ] as const)('%s', (_, length, counts, found, readings) => {
    let read = 0;
    const table = ' '.repeat(length === 'long' ? 8192 : 100);
    expect(
      countTwiceAlike(
        () => (read++, table),
        () => counts[read - 1] ?? -1,
      ),
    ).toBe(found);
    expect(read).toBe(readings);
  });
});

native.describe('/proc/locks', () => {
  const inProc = (path: string): boolean => {
    const { dev, ino } = fs.statSync(path, { bigint: true });
    return hasSealLockInProc(identity(dev), identity(ino), 'sealed');
  };

  test('a seal shows while it is held, by this process and by another', async () => {
    const path = scratch.file(100);
    expect(inProc(path)).toBe(false);
    const seal = sealPath(path);
    expect(inProc(path)).toBe(true);
    seal.release();
    expect(inProc(path)).toBe(false);
    await whileSealed('another process', path, () => expect(inProc(path)).toBe(true));
    expect(inProc(path)).toBe(false);
  });
});

/** A backend that says of one file that this process has a lease on it. */
function leased(path: string): Backend {
  const { dev, ino } = fs.statSync(path, { bigint: true });
  const bells = {
    anyLease: true,
    isLeased: (at: unknown, inode: unknown) => at === identity(dev) && inode === identity(ino),
  } as unknown as LeaseEvents;
  return { ...selectBackend('auto'), leaseEvents: bells };
}

native.describe('a lease of this process', () => {
  test('a plain open is EAGAIN at once; of another file it is an open', () => {
    const path = scratch.file(10);
    expectSystemError(
      thrown(() => runSync(checkLease(leased(path), path))),
      'EAGAIN',
      'open',
      path,
    );
    expectSystemError(
      thrown(() => runSync(openUnguarded(leased(path), descriptorOpener(0), path, fs.constants.O_RDWR))),
      'EAGAIN',
      'open',
      path,
    );
    fs.closeSync(runSync(openUnguarded(leased(path), descriptorOpener(0), scratch.file(10), fs.constants.O_RDWR)));
  });

  test('a truncating one is ETXTBSY when it is sealed, else EAGAIN; nothing is opened', () => {
    const path = scratch.file(10);
    const open = (): unknown =>
      runSync(openGuarded(leased(path), descriptorOpener(0o600), path, fs.constants.O_WRONLY | fs.constants.O_TRUNC));
    expectSystemError(thrown(open), 'EAGAIN', 'open', path);
    using seal = sealPath(path);
    expect(seal.state).toBe('held');
    expectSystemError(thrown(open), 'ETXTBSY', 'open', path);
    expectSystemError(
      thrown(() => runSync(truncateThrough(leased(path), path, () => quickCall(() => fs.truncateSync(path))))),
      'ETXTBSY',
      'truncate',
      path,
    );
    expect(fs.statSync(path).size).toBe(10);
  });
});

const LEASE = `
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(fd, 1024, fcntl.F_WRLCK)
if len(sys.argv) > 2:
    import struct
    fcntl.fcntl(fd, 37, struct.pack('hhqqi4x', fcntl.F_RDLCK, 0, 1 << 62, 1, 0))
import signal
signal.signal(signal.SIGIO, signal.SIG_IGN)
print('leased', flush=True)
sys.stdin.read()
`;

native.describe('a lease of another process, in another language', () => {
  const ends: Array<() => Promise<unknown>> = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function lease(path: string, ...more: string[]): Promise<void> {
    const child = spawn('python3', ['-c', LEASE, path, ...more], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    ends.push(() => {
      child.stdin.end();
      return ended;
    });
    await once(child.stdout, 'data');
  }

  test('an operation that would change the file never waits: EAGAIN; ETXTBSY where the process has sealed it', async () => {
    const path = scratch.file(10);
    await lease(path);
    expectSystemError(
      thrown(() => files.open(path, 'w')),
      'EAGAIN',
      'open',
      path,
    );
    expectSystemError(
      thrown(() => files.truncate(path, 0)),
      'EAGAIN',
      'open',
      path,
    );
    const other = scratch.file(10);
    await lease(other, 'and seal');
    expectSystemError(
      thrown(() => files.open(other, 'w')),
      'ETXTBSY',
      'open',
      other,
    );
    expectSystemError(
      thrown(() => files.truncate(other, 0)),
      'ETXTBSY',
      'truncate',
      other,
    );
    expectSystemError(
      thrown(() => files.append(other, Buffer.from('x'))),
      'ETXTBSY',
      'write',
      other,
    );
    for (const file of [path, other]) expect(fs.statSync(file).size).toBe(10);
  });
});

/** A backend that cannot open a file once more. */
function withoutReopening(): Backend {
  const backend = selectBackend('auto');
  const reopen = (): never => {
    throw systemError(errno.EMFILE, 'open');
  };
  return { ...backend, files: Object.create(backend.files, { reopen: { value: reopen } }) as Backend['files'] };
}

native.describe('a file that cannot be opened once more', () => {
  test('an operation passes while it is not sealed, and lends its answer to no other', async () => {
    const path = scratch.file(10);
    const fd = fs.openSync(path, 'r+');
    const enterIt = (): GuardedFile | undefined => runSync(enterFile(withoutReopening(), { fd }));
    const first = enterIt();
    expect(first?.sealed).toBe(false);
    await whileSealed('another process', path, () => {
      const second = enterIt();
      expect(second?.sealed).toBe(true);
      second?.release();
    });
    first?.release();
    fs.closeSync(fd);
  });

  test('a guarded node:fs in a process without descriptors', async () => {
    const through = ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh'];
    expectDone(await runChild('unopenable', [scratch.file(100), 'no descriptors'], { through, limit: LIMIT }));
  });

  test('a mapping that is attached to a sealed one, in a process without descriptors', async () => {
    const through = ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh'];
    expectDone(await runChild('attached-guard', [scratch.path(), 'no descriptors'], { through, limit: LIMIT }));
    expectDone(await runChild('attached-guard', [scratch.path(), 'old kernel'], { through, limit: LIMIT }));
  });

  const asRoot = root('becoming another user');

  asRoot.test('a mapping that is attached to a sealed one, without /proc', async () => {
    const through = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];
    // It says that the file cannot be watched: MAPDIRECT_UNWATCHED.
    expectDone(
      await runChild('attached-guard', [scratch.path(), 'no proc'], {
        through,
        limit: LIMIT,
        nodeArgs: ['--no-warnings'],
      }),
    );
  });

  asRoot.test('a guarded node:fs in a process that has become another user', async () => {
    expectDone(await runChild('unopenable', [scratch.file(100), 'no privileges'], { limit: LIMIT }));
  });
});
