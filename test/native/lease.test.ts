import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { expectDone, runChild, type ChildOptions, type ChildResult } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { skipUnless } from '../support/skip.js';

const scratch = new Scratch();

const SIZE = 16384;

function run(scenario: string, options: ChildOptions = {}): Promise<ChildResult> {
  return runChild('lease', [scratch.file(SIZE), scenario], options);
}

function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args).status === 0;
}

/** Only the program that `command` starts is limited. */
const NO_QUEUE = ['prlimit', '--sigpending=0'] as const;
const overflows = skipUnless(
  works(NO_QUEUE[0], NO_QUEUE[1], 'true'),
  'prlimit(1) is missing',
  'apt-get install util-linux',
);
const facts = skipUnless(
  works('python3', '-c', 'import fcntl; fcntl.F_SETLEASE'),
  'python3 is missing',
  'apt-get install python3',
);

describe("the kernel's leases, without us", () => {
  // Each is a trap that the native thread must step around. SIGIO is ignored: its default is death.
  const script = `
import fcntl, mmap, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
F_GETSIG, F_SETSIG = 11, 10
def refused(call):
    try: call()
    except BlockingIOError: return True
    return False
def probe(): os.close(os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK))
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(fd, F_SETSIG, signal.SIGIO)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('probe refused', refused(probe))
print('downgrade refused', refused(lambda: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)))
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('granted again, yet still breaking', fcntl.fcntl(fd, fcntl.F_GETLEASE) != fcntl.F_WRLCK)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
print('signal after F_UNLCK', fcntl.fcntl(fd, F_GETSIG))
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
memory = mmap.mmap(fd, 4096)
os.close(fd)
print('closed while mapped: probe refused', refused(probe))
memory.close()
print('unmapped: probe refused', refused(probe))
`;
  facts.test('a downgrade fails, F_UNLCK forgets the signal, close(2) of a mapped file keeps the lease', () => {
    const { stdout, stderr } = spawnSync('python3', ['-c', script, scratch.file(SIZE)], { encoding: 'utf8' });
    expect({ lines: stdout.trim().split('\n'), stderr }).toEqual({
      lines: [
        'probe refused True',
        'downgrade refused True',
        'granted again, yet still breaking True',
        'signal after F_UNLCK 0',
        'closed while mapped: probe refused True',
        'unmapped: probe refused False',
      ],
      stderr: '',
    });
  });
});

native.describe('a lease against strangers', () => {
  test('open to read, to write, with O_TRUNC, and truncate wait; the holder hears meanwhile; a release lets them in', async () => {
    const { stderr, ...outcome } = await run('waits');
    expect(outcome).toEqual({ code: 0, signal: null, stdout: 'done\n' });
    expect(stderr.trim().split('\n')).toHaveLength(4);
    process.stdout.write(stderr);
  });

  test('an O_NONBLOCK open fails without an event, and the lease is held as before, also while another opener waits', async () => {
    expectDone(await run('probes'));
  });

  test('several at once are one break, and all are in after it', async () => expectDone(await run('several')));

  test('one that gives up waiting leaves it whole, for the next to ask', async () => expectDone(await run('givesUp')));

  test('the deadline, while JavaScript is busy: the range is covered, then the opener is in', async () => {
    expectDone(await run('deadline'));
  });

  test('the deadline leaves a range alone that has another tenant by now', async () =>
    expectDone(await run('otherTenant')));

  test('closing the descriptor lets the opener in, though a mapping and a duplicate are left', async () => {
    expectDone(await run('closing'));
  });

  test('a holder that was stopped past lease-break-time hears that the kernel took the lease', async () => {
    expectDone(await run('stopped'));
  });

  test('kill -9 of the holder lets the opener in', async () => expectDone(await run('killed')));

  for (const scenario of ['waits', 'probes', 'several', 'deadline']) {
    overflows.test(
      `${scenario}, when the queue of real-time signals is full [needs prlimit: install util-linux]`,
      async () => {
        const { code, signal, stdout } = await run(scenario, { through: NO_QUEUE });
        expect({ code, signal, stdout }).toEqual({ code: 0, signal: null, stdout: 'done\n' });
      },
    );
  }
});

native.describe('the table of leases', () => {
  test('refuses a second lease of a file, finds it by inode, and never uses an id again', async () =>
    expectDone(await run('refusals')));

  test('a listener that throws is an uncaughtException, and the thread goes on', async () =>
    expectDone(await run('throwing')));

  test('a SIGIO for the process still reaches its own listener', async () => expectDone(await run('handedOn')));

  test('neither a lease nor a watch keeps the process alive', async () => expectDone(await run('idle')));

  test('two threads: each hears of its own, both are seen from either', async () => {
    expectDone(await runChild('lease-worker', [scratch.file(SIZE), 'two-threads', scratch.file(SIZE)]));
  });

  test.each(['terminate', 'terminate-busy', 'exit'])(
    'of a worker that ends by %s: the opener is in, nothing is left',
    async (how) => {
      expectDone(await runChild('lease-worker', [scratch.file(SIZE), how], { nodeArgs: ['--expose-gc'] }));
    },
  );
});
