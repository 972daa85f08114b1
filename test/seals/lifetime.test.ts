import { expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { files, map, seals, stats } from '../../lib/index.js';
import { actorOf, type Actor } from '../support/actors.js';
import { rejected, thrown } from '../support/errors.js';
import { expectedGranularity } from '../support/expected-granularity.js';
import { expectDone as expectChildDone, runChild } from '../support/run-child.js';
import { eventually, expectDone, LENGTH } from './rules/rule.js';
import { copyPackage } from '../support/package-copy.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { sealUses } from '../support/seal-members.js';
import { skipUnless } from '../support/skip.js';

const scratch = new Scratch();

const LEVELS = ['advisory', 'lease'] as const;

/** Another actor seals the file and ends. */
async function expectReleasedBy(
  name: 'a worker thread' | 'another process',
  enforcement: (typeof LEVELS)[number],
  end: (actor: Actor) => Promise<unknown>,
): Promise<void> {
  const path = scratch.file(LENGTH);
  const actor = actorOf(name);
  try {
    expectDone(await actor.run('seal', path, { enforcement }));
    expect(seals.isSealed(path)).toBe(true);
    await end(actor);
  } finally {
    await actor.kill();
  }
  await eventually('it is not sealed any more', () => !seals.isSealed(path));
  files.truncate(path, 1);
}

native.describe('the end of a seal', () => {
  test.each(Object.entries(sealUses))('%s answers before and after it', (_name, use) => {
    const mapping = map(scratch.file(LENGTH));
    const seal = mapping.seal();
    expect(() => use(seal)).not.toThrow();
    seal.release();
    expect(() => use(seal)).not.toThrow();
    mapping.close();
    expect(() => use(seal)).not.toThrow();
    expect(seal.state).toBe('released');
  });

  test('garbage collection of a dropped sealed mapping, and not while a view of it is held', async () => {
    expectChildDone(await runChild('seal-collect', [scratch.file(LENGTH)], { nodeArgs: ['--expose-gc'] }));
  });

  skipUnless(
    expectedGranularity('native') !== 'byte',
    "on granularity 'byte' no flush runs: it is a fence",
    "run without MAPDIRECT_FORCE_GRANULARITY='byte'",
  ).test('close() while a flush runs: it lasts as long as the pages', async () => {
    const path = scratch.file(2 ** 20);
    const mapping = map(path, { direct: { enforcement: 'advisory' } });
    const isMapped = (): boolean => readFileSync('/proc/self/maps', 'latin1').includes(path);
    mapping.buffer.fill(1);
    const running = mapping.persistAsync();
    mapping.close();
    expect([isMapped(), seals.isSealed(path)]).toEqual([true, true]);
    expect(thrown(() => files.truncate(path, 1)).code).toBe('ETXTBSY');
    await running;
    expect([isMapped(), seals.isSealed(path)]).toEqual([false, false]);
  });

  test('close() with a seal that cannot be released: the mapping is closed all the same', () => {
    const path = scratch.file(LENGTH);
    const before = stats();
    const mapping = map(path, { direct: { enforcement: 'advisory' } });
    const [seal] = mapping.seals;
    if (seal === undefined) throw new Error('it has no seal');
    const release = jest.spyOn(seal, 'release').mockImplementation(() => {
      throw new Error('no unlocking today');
    });
    expect(thrown(() => mapping.close()).message).toBe('no unlocking today');
    expect(mapping.closed).toBe(true);
    expect(thrown(() => mapping.persist()).code).toBe('ERR_MAPPING_CLOSED');
    mapping.close();
    release.mockRestore();
    seal.release();
    expect(stats()).toEqual(before);
  });

  test('the second half of close() fails: the flush that ran is not rejected, and in the end nothing is left', async () => {
    expectChildDone(await runChild('unclosable', [scratch.file(LENGTH)], { nodeArgs: ['--no-warnings'] }));
  });

  native.describe.each(['a worker thread', 'another process'] as const)('with its %s', (name) => {
    test.each(LEVELS)('that is ended from outside (%s)', (level) =>
      expectReleasedBy(name, level, (actor) => actor.kill()),
    );

    test.each(LEVELS)('that is ended while it is busy (%s)', (level) =>
      expectReleasedBy(name, level, async (actor) => {
        const spinning = rejected(actor.run('spin'));
        await delay(50); // for it to begin
        await actor.kill();
        await spinning;
      }),
    );

    test.each(LEVELS)('that exits (%s)', (level) =>
      expectReleasedBy(name, level, (actor) => rejected(actor.run('exit'))),
    );
  });

  test('two copies of the package in one thread share their seals', async () => {
    expectChildDone(
      await runChild('seal-copies', [
        copyPackage(scratch, 'build'),
        copyPackage(scratch, 'build'),
        scratch.file(LENGTH),
      ]),
    );
  });
});
