import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { constants, map, mapAsync, mmap, seals, type Mapping, type MapOptions } from '../../../lib/index.js';
import { expectDone, runChild } from '../../support/run-child.js';
import { expectSystemError, thrown } from '../../support/errors.js';
import { Scratch } from '../../support/scratch.js';
import { misplaced } from '../../support/watermark.js';
import { describeDirect, directFlag, vmFlags } from './kernel.js';
import { attempt, strangers } from './strangers.js';
import { CHILDREN } from '../../support/paths.js';

const { PAGE_SIZE, PROT_READ, PROT_WRITE, MAP_SHARED_VALIDATE, MAP_SYNC } = constants;
const SIZE = 64 * PAGE_SIZE;
const scratch = new Scratch();
const here = process.env['TMPDIR'] ?? '/tmp';
const environment = { MAPDIRECT_DIRECT_FLAG: String(directFlag) };

/** The kernel refuses a truncation that changes nothing. */
function isSealed(path: string): boolean {
  try {
    fs.truncateSync(path, fs.statSync(path).size);
    return false;
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ETXTBSY');
    return true;
  }
}

/** Locks and leases that the system holds on a file. */
function locksOn(path: string): number {
  const inode = `:${fs.statSync(path).ino} `;
  return fs
    .readFileSync('/proc/locks', 'latin1')
    .split('\n')
    .filter((line) => line.includes(inode)).length;
}

function expectKernelSeal(mapping: Mapping, path: string): void {
  const [seal] = mapping.seals;
  expect({ enforcement: seal?.enforcement, state: seal?.state, seals: mapping.seals.length }).toEqual({
    enforcement: 'kernel',
    state: 'held',
    seals: 1,
  });
  expect(mapping.flags & (directFlag | MAP_SYNC | MAP_SHARED_VALIDATE)).toBe(
    directFlag | MAP_SYNC | MAP_SHARED_VALIDATE,
  );
  expect(mapping.durability.mapSync).toBe(true);
  expect(vmFlags(path)).toEqual([expect.arrayContaining(['md', 'sf'])]);
  expect(isSealed(path)).toBe(true);
}

function expectUserSpace(mapping: Mapping, policy: string): void {
  expect(mapping.seals.map(({ enforcement }) => enforcement)).toEqual(['advisory']);
  expect(mapping.flags & directFlag).toBe(0);
  expect(mapping.durability.reasons.join(' ')).toContain(`policy '${policy}'`);
}

describeDirect('MAP_DIRECT of the kernel', () => {
  const takers: readonly MapOptions['direct'][] = [
    'auto',
    'require',
    {},
    { enforcement: 'kernel' },
    { enforcement: 'lease' },
    { prepare: 'verify' },
  ];
  test.each(takers)('direct: %j takes it, and close() gives it back', (direct) => {
    const path = scratch.file(SIZE);
    const mapping = map(path, { direct });
    expectKernelSeal(mapping, path);
    mapping.close();
    expect(isSealed(path)).toBe(false);
    expect(vmFlags(path)).toEqual([]);
  });

  test('mapAsync() takes it too', async () => {
    const path = scratch.file(SIZE);
    const mapping = await mapAsync(path, { direct: 'require' });
    expectKernelSeal(mapping, path);
    mapping.close();
    expect(isSealed(path)).toBe(false);
  });

  test('a part of the file, mapped by descriptor, seals all of it', () => {
    const path = scratch.file(SIZE);
    const fd = fs.openSync(path, 'r+');
    using mapping = map(fd, { direct: 'require', offset: PAGE_SIZE, length: PAGE_SIZE });
    fs.closeSync(fd);
    expectKernelSeal(mapping, path);
  });

  test('mmap() passes the bit as it is given', () => {
    const path = scratch.file(SIZE);
    const fd = fs.openSync(path, 'r+');
    const mapping = mmap(SIZE, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | directFlag, fd);
    fs.closeSync(fd);
    expect(isSealed(path)).toBe(true);
    mapping.close();
    expect(isSealed(path)).toBe(false);
  });

  test('holes get blocks first, and every byte can then be stored', () => {
    const path = scratch.sparse(SIZE);
    using mapping = map(path, { direct: 'require' });
    expectKernelSeal(mapping, path);
    mapping.fill(7, 0, SIZE);
    expect(fs.readFileSync(path)).toEqual(Buffer.alloc(SIZE, 7));
    expect(mapping.seals[0]?.verify()).toEqual({ state: 'held', moved: [] });
  });

  test("direct: 'auto' writes nothing: a file with holes is not sealed, and the reason is told", () => {
    const path = scratch.sparse(SIZE);
    using mapping = map(path, { direct: 'auto' });
    expect(mapping.seals).toEqual([]);
    expect(mapping.durability.reasons.join(' ')).toMatch(/Not sealed: .*hole/);
    expect(mapping.flags & directFlag).toBe(0);
    expect(isSealed(path)).toBe(false);
  });

  test('the registry stands back: no lock, no lease; it lists and verifies', () => {
    const path = scratch.file(SIZE);
    using mapping = map(path, { direct: 'require' });
    expect(locksOn(path)).toBe(0);
    expect(seals.list()).toMatchObject([
      { path, enforcement: 'kernel', state: 'held', policy: 'refuse', holders: 1, ino: BigInt(fs.statSync(path).ino) },
    ]);
    expect(seals.isSealed(path)).toBe(true);
    mapping.write(Buffer.alloc(PAGE_SIZE, 1), 3);
    expect(mapping.seals[0]?.verify()).toEqual({ state: 'held', moved: [] });
    mapping.close();
    expect(seals.list()).toEqual([]);
    expect(seals.isSealed(path)).toBe(false);
  });

  test('our own operations are refused, too', () => {
    const path = scratch.file(SIZE);
    using mapping = map(path, { direct: 'require', length: 8 * PAGE_SIZE });
    for (const length of [PAGE_SIZE, 2 * SIZE])
      expectSystemError(
        thrown(() => mapping.resize(length)),
        'ETXTBSY',
        'ftruncate',
        path,
      );
    expectSystemError(
      thrown(() => mapping.advise('remove', 0, PAGE_SIZE)),
      'ETXTBSY',
      'madvise',
      path,
    );
    expectSystemError(
      thrown(() => map(path, { size: 2 * SIZE })),
      'ETXTBSY',
      'fallocate',
      path,
    );
    expect(misplaced(fs.readFileSync(path), 0)).toBeUndefined();
    expect(fs.statSync(path).size).toBe(SIZE);
  });

  test('two mappings: the file is sealed until both are gone', () => {
    const path = scratch.file(SIZE);
    const first = map(path, { direct: 'require' });
    const second = map(path, { direct: 'require' });
    expect(seals.list()).toMatchObject([{ holders: 2 }]);
    first.close();
    expect(isSealed(path)).toBe(true);
    second.close();
    expect(isSealed(path)).toBe(false);
  });

  test('an exclusive seal is kept in user space: its owner may change the map, whom the kernel would refuse', () => {
    const path = scratch.file(SIZE);
    using mapping = map(path, { direct: { policy: 'exclusive' } });
    expectUserSpace(mapping, 'exclusive');
    mapping.resize(2 * SIZE);
    expect(fs.statSync(path).size).toBe(2 * SIZE);
  });

  test('a breakable seal is kept in user space: it can give way while its mapping lives', async () => {
    const path = scratch.file(SIZE);
    using mapping = map(path, { direct: { policy: 'breakable', deadline: 50 } });
    expectUserSpace(mapping, 'breakable');
    await seals.requestBreak(path);
    expect({ faulted: mapping.faulted, sealed: isSealed(path) }).toEqual({ faulted: true, sealed: false });
  });

  test.each(['exclusive', 'breakable'] as const)("policy '%s' cannot be demanded of the kernel", (policy) => {
    const path = scratch.file(SIZE);
    const error = thrown(() => map(path, { direct: { policy, enforcement: 'kernel' } }));
    expectSystemError(error, 'EOPNOTSUPP', 'mmap', path);
    expect(error.message).toContain(policy);
    expect(isSealed(path)).toBe(false);
  });

  test('the inode is sealed, under every name that it has', () => {
    const path = scratch.file(SIZE);
    const other = scratch.path('link');
    fs.linkSync(path, other);
    using mapping = map(path, { direct: 'require' });
    fs.unlinkSync(path);
    expect(isSealed(other)).toBe(true);
    mapping.close();
    expect(isSealed(other)).toBe(false);
  });
});

describeDirect('strangers', () => {
  test.each(strangers(here).map((stranger) => [stranger.name, stranger] as const))(
    '%s is refused, and let in after close()',
    (_, stranger) => {
      const path = scratch.file(SIZE);
      const mapping = map(path, { direct: { enforcement: 'kernel' } });
      expect(attempt(stranger, path)).toBe('refused');
      expect(misplaced(fs.readFileSync(path), 0)).toBeUndefined();
      expect(fs.statSync(path).size).toBe(SIZE);
      expect(mapping.seals[0]?.verify()).toEqual({ state: 'held', moved: [] });
      mapping.close();
      expect(attempt(stranger, path)).toBe('done');
    },
  );

  test('are let in after garbage collection', async () => {
    expectDone(
      await runChild('direct', ['collect', scratch.file(SIZE)], { nodeArgs: ['--expose-gc'], env: environment }),
    );
  });

  test('are let in after the thread that sealed was terminated', async () => {
    expectDone(await runChild('direct', ['worker', scratch.file(SIZE)], { env: environment }));
  });

  test('are let in after SIGKILL', async () => {
    const path = scratch.file(SIZE);
    const script = join(CHILDREN, 'direct.js');
    const child = spawn(process.execPath, [script, 'hold', path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(said.toString()).toBe('sealed\n');
    expect(isSealed(path)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(isSealed(path)).toBe(false);
  });
});
