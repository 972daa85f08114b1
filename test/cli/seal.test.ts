import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { selectBackend } from '../../lib/backend/select.js';
import { extents, map, seals } from '../../lib/index.js';
import { thrown } from '../support/errors.js';
import { cli, RunningCli, type Ended } from './run-cli.js';
import { PAGE } from '../support/sizes.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { skipUnless } from '../support/skip.js';

const scratch = new Scratch();

const LENGTH = 16 * PAGE;

const leases = skipUnless(
  selectBackend('auto').leaseEvents !== undefined,
  'this backend has no leases and watches',
  'npm run build:native',
);

let running: RunningCli | undefined;
afterEach(() => running?.kill('SIGKILL'));

/** `mapdirect seal`, once it holds the seal. */
async function holding(path: string, ...options: string[]): Promise<RunningCli> {
  running = new RunningCli(['seal', path, ...options]);
  await running.says(/sealed/);
  return running;
}

interface Event {
  readonly event: string;
  readonly time: string;
  readonly [more: string]: unknown;
}

function eventsOf({ stdout }: Ended): Event[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
}

function sparse(length: number): string {
  const path = join(scratch.dir, `sparse-${length}`);
  writeFileSync(path, '');
  truncateSync(path, length);
  return path;
}

native.describe('mapdirect seal', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'is sealed for others until %s, which is exit code 0',
    async (signal) => {
      const path = scratch.file(LENGTH);
      const program = await holding(path);
      expect(seals.isSealed(path)).toBe(true);
      expect(thrown(() => map(path, { size: 2 * LENGTH })).code).toBe('ETXTBSY');
      program.kill(signal);
      const { code, signal: by, stdout, stderr } = await program.end();
      expect({ code, by, stderr }).toEqual({ code: 0, by: null, stderr: '' });
      expect(stdout).toMatch(/released\n$/);
      expect(seals.isSealed(path)).toBe(false);
      expect(statSync(path).size).toBe(LENGTH);
    },
  );

  test('prints the granted seal', async () => {
    const path = scratch.file(LENGTH);
    const program = await holding(path, '--policy', 'exclusive');
    program.kill('SIGINT');
    const { stdout } = await program.end();
    expect(stdout).toContain(`${path}  (64 KiB, ${extents(path).length} extent`);
    expect(stdout).toMatch(/^ {2}enforcement +advisory: [^:]*changes by other\n +programs are only detected$/m);
    expect(stdout).toMatch(/^ {2}policy +exclusive: /m);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}sealed/m);
  });

  test('--json: one object a line', async () => {
    const path = scratch.file(LENGTH);
    const program = await holding(path, '--json');
    program.kill('SIGINT');
    const events = eventsOf(await program.end());
    const time: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(events).toEqual([
      {
        schema: 1,
        event: 'sealed',
        time,
        path,
        size: LENGTH,
        enforcement: 'advisory',
        policy: 'refuse',
        extents: extents(path).length,
      },
      { schema: 1, event: 'released', time },
    ]);
  });

  test('SIGKILL leaves nothing sealed', async () => {
    const path = scratch.file(LENGTH);
    const program = await holding(path);
    program.kill('SIGKILL');
    expect((await program.end()).signal).toBe('SIGKILL');
    expect(seals.isSealed(path)).toBe(false);
  });

  test('prepares holes, and with --verify refuses them: exit code 1 with the remedy, nothing changed', async () => {
    const path = sparse(LENGTH);
    const refused = await cli(['seal', path, '--verify']);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^mapdirect: ETXTBSY: seal .*hole: .*prepare/);
    expect(extents(path)).toEqual([{ offset: 0, length: LENGTH, flags: ['hole'] }]);

    const program = await holding(path);
    program.kill('SIGINT');
    expect((await program.end()).code).toBe(0);
    expect(extents(path).flatMap(({ flags }) => flags)).not.toContain('hole');
    expect(readFileSync(path).equals(Buffer.alloc(LENGTH))).toBe(true);
  });

  test('a file that others have sealed: exit code 1', async () => {
    const path = scratch.file(LENGTH);
    await holding(path, '--policy', 'exclusive');
    const second = await cli(['seal', path]);
    expect({ code: second.code, stdout: second.stdout }).toEqual({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(/^mapdirect: EBUSY: .*exclusive/);
  });

  leases.test('a move by a stranger is printed as it happens, and the exit code is 1', async () => {
    const path = scratch.file(LENGTH);
    const program = await holding(path, '--json');
    truncateSync(path, LENGTH / 2);
    await program.says(/"violated"/);
    program.kill('SIGINT');
    const ended = await program.end();
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(eventsOf(ended).map(({ event }) => event)).toEqual(['sealed', 'violated', 'released']);
    expect(eventsOf(ended)[1]).toMatchObject({ moved: [{ offset: LENGTH / 2, length: LENGTH / 2, flags: ['hole'] }] });
  });

  test('a move by a stranger is found at the latest at the end', async () => {
    const path = scratch.file(LENGTH);
    const program = await holding(path, '--json');
    truncateSync(path, LENGTH / 2);
    program.kill('SIGINT');
    const ended = await program.end();
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(eventsOf(ended).map(({ event }) => event)).toEqual(['sealed', 'violated', 'released']);
  });

  describe('another process asks for the file', () => {
    const options = ['--policy', 'breakable', '--enforcement', 'lease', '--json'];

    leases.test('is reported, and let in by Ctrl-C', async () => {
      const path = scratch.file(LENGTH);
      const program = await holding(path, ...options, '--deadline', '30000');
      const asked = seals.requestBreak(path);
      await program.says(/"break"/);
      program.kill('SIGINT');
      await asked;
      const ended = await program.end();
      expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
      expect(eventsOf(ended).map(({ event }) => event)).toEqual(['sealed', 'break', 'released']);
      expect(eventsOf(ended)[0]).toMatchObject({ enforcement: 'lease', policy: 'breakable' });
      expect(eventsOf(ended)[1]?.['deadline']).toBeGreaterThan(0);
    });

    leases.test('gives way at the deadline: broken, exit code 1', async () => {
      const path = scratch.file(LENGTH);
      const program = await holding(path, ...options, '--deadline', '100');
      await seals.requestBreak(path);
      const ended = await program.end();
      expect(ended).toMatchObject({ code: 1, signal: null, stderr: '' });
      expect(eventsOf(ended).map(({ event }) => event)).toEqual(['sealed', 'break', 'broken']);
      expect(seals.isSealed(path)).toBe(false);
    });

    test('of a seal that is not breakable: no message', async () => {
      const path = scratch.file(LENGTH);
      const program = await holding(path, '--json');
      await expect(seals.requestBreak(path)).rejects.toMatchObject({ code: 'ETXTBSY' });
      program.kill('SIGINT');
      expect(eventsOf(await program.end()).map(({ event }) => event)).toEqual(['sealed', 'released']);
    });
  });

  test.each<[string, number, RegExp, string[]]>([
    ['a missing file', 1, /ENOENT/, [join(scratch.dir, 'missing')]],
    ['an empty file', 1, /EINVAL: .*empty/, [scratch.file(0)]],
    [
      'an enforcement that is not available',
      1,
      /EOPNOTSUPP: .*MAP_DIRECT/,
      [scratch.file(PAGE), '--enforcement', 'kernel'],
    ],
    ['no file', 2, /No FILE/, []],
    ['a policy that is none', 2, /Did you mean 'refuse'/, [scratch.file(PAGE), '--policy', 'refuze']],
    ['an enforcement that is none', 2, /kernel, lease, advisory/, [scratch.file(PAGE), '--enforcement', 'strict']],
    ['a deadline that is no number', 2, /--deadline/, [scratch.file(PAGE), '--deadline', '5s']],
  ])('%s: exit code %d', async (_title, code, message, args) => {
    const said = await cli(['seal', ...args]);
    expect({ code: said.code, stdout: said.stdout }).toEqual({ code, stdout: '' });
    expect(said.stderr).toMatch(message);
  });

  test('a missing file is not made', async () => {
    const path = join(scratch.dir, 'never');
    await cli(['seal', path]);
    expect(existsSync(path)).toBe(false);
  });

  test('--help', async () => {
    const { code, stdout } = await cli(['seal', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: mapdirect seal FILE');
  });
});
