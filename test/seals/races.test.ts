// A seal while another one is being taken, broken or released.
import { expect, test } from '@jest/globals';
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import { files, map, seals, type Seal } from '../../lib/index.js';
import { actorOf } from '../support/actors.js';
import { expectSystemError, rejected, thrown } from '../support/errors.js';
import { expectDone, LENGTH, PAGE } from './rules/rule.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

/** As other threads and processes see it. */
async function isLocked(path: string): Promise<unknown> {
  const actor = actorOf('another process');
  try {
    return await actor.run('isSealed', path);
  } finally {
    await actor.kill();
  }
}

function hear(seal: Seal): string[] {
  const heard: string[] = [];
  for (const event of ['break', 'broken', 'violated'] as const) seal.on(event, () => heard.push(event));
  return heard;
}

/** Bytes in two parts, the second when `gate` opens; `begun` is called between them. */
async function* inTwoParts(begun: () => void, gate: Promise<void>): AsyncGenerator<string> {
  yield 'more';
  begun();
  await gate;
  yield 'and more';
}

native.describe('a seal that is being taken', () => {
  test('holds, though the last of those that were there is released meanwhile', async () => {
    const path = scratch.file(LENGTH);
    using one = map(path);
    using two = map(path);
    const first = one.seal();
    const taking = two.sealAsync();
    first.release();
    const second = await taking;
    expect([second.state, seals.list().length, await isLocked(path)]).toEqual(['held', 1, { value: true }]);
    second.release();
    const third = one.seal();
    second.release();
    expect([third.state, await isLocked(path)]).toEqual(['held', { value: true }]);
    third.release();
    expect([seals.list(), await isLocked(path)]).toEqual([[], { value: false }]);
  });

  test('is refused when the others are asked to break meanwhile', async () => {
    const path = scratch.file(LENGTH);
    using one = map(path);
    using two = map(path);
    const first = one.seal({ policy: 'breakable' });
    const taking = two.sealAsync({ policy: 'breakable' });
    const broken = seals.requestBreak(path);
    first.release();
    expectSystemError(await rejected(taking), 'EBUSY', 'seal', path);
    await broken;
    expect([two.seals, two.faulted, seals.list()]).toEqual([[], false, []]);
  });

  test.each(['require', 'auto'] as const)(
    'direct: %p on a file that a participant cuts meanwhile: ESTALE, and no mapping past its end',
    async (direct) => {
      const path = scratch.file(LENGTH);
      const cutting = `
      const { workerData: { path, select }, parentPort } = require('node:worker_threads');
      const { files } = require(select).selectBackend('auto');
      const fd = files.open(path, require('node:fs').constants.O_RDWR, 0);
      files.setLock(fd, 'mutating', 'shared');
      parentPort.postMessage('entered');
      setTimeout(() => {
        files.truncate(fd, ${PAGE});
        files.close(fd);
      }, 20);`;
      const worker = new Worker(cutting, {
        eval: true,
        workerData: { path, select: require.resolve('../../lib/backend/select.js') },
      });
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      await new Promise((resolve) => worker.once('message', resolve));
      expectSystemError(
        thrown(() => map(path, { direct })),
        'ESTALE',
        'seal',
        path,
      );
      await ended;
      expect([fs.statSync(path).size, seals.list()]).toEqual([PAGE, []]);
    },
  );

  test('by a mapping that goes past the end of its file: ESTALE', () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path);
    fs.truncateSync(path, PAGE);
    expectSystemError(
      thrown(() => mapping.seal()),
      'ESTALE',
      'seal',
      path,
    );
    expect([mapping.seals, seals.isSealed(path)]).toEqual([[], false]);
  });
});

native.describe('a seal that is asked to give way', () => {
  test('stays when another process has sealed the file too: ETXTBSY, and no mapping is fenced', async () => {
    const path = scratch.file(LENGTH);
    const actor = actorOf('another process');
    try {
      expectDone(await actor.run('seal', path));
      using mapping = map(path);
      const seal = mapping.seal({ policy: 'breakable' });
      const heard = hear(seal);
      expectSystemError(await rejected(seals.requestBreak(path, { deadline: 0 })), 'ETXTBSY', 'requestBreak', path);
      expect([heard, seal.state, mapping.faulted]).toEqual([[], 'held', false]);
    } finally {
      await actor.kill();
    }
  });

  test('hears of it also when it is violated', async () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { length: PAGE });
    const seal = mapping.seal({ policy: 'breakable' });
    const heard = hear(seal);
    fs.appendFileSync(path, 'more');
    expect(seal.verify().state).toBe('violated');
    seal.on('break', ({ release }) => release());
    await seals.requestBreak(path);
    expect([heard, seal.state, mapping.faulted]).toEqual([['violated', 'break'], 'released', false]);
  });

  test('is not verified any more after its break, when its descriptor number may be of another file', async () => {
    const path = scratch.file(LENGTH);
    const mapping = map(path);
    const seal = mapping.seal({ policy: 'breakable' });
    await seals.requestBreak(path, { deadline: 0 });
    mapping.close();
    using other = map(scratch.file(2 * LENGTH));
    expect([seal.verify(), other.closed]).toEqual([{ state: 'broken', moved: [] }, false]);
  });
});

native.describe('a breakable seal of a mapping with a close() that waits for a flush', () => {
  test('is fenced as any other, and the flush proves nothing', async () => {
    const path = scratch.file(LENGTH);
    const mapping = map(path);
    const seal = mapping.seal({ policy: 'breakable' });
    mapping.buffer.fill(9);
    const flushed = mapping.persistAsync();
    mapping.close();
    expect([seal.state, seals.isSealed(path)]).toEqual(['held', true]);
    mapping['sealing']?.fence(); // as at the deadline
    expect((await rejected(flushed)).code).toBe('ERR_MAPPING_FAULT');
    expect([seal.state, seals.isSealed(path)]).toEqual(['released', false]);
    mapping['sealing']?.fence();
  });
});

native.describe('advice that changes the block map', () => {
  test("map({ advice: 'remove' }) of a sealed file: ETXTBSY, and no hole", () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path);
    using seal = mapping.seal();
    const error = thrown(() => map(path, { advice: 'remove', offset: PAGE }));
    expectSystemError(error, 'ETXTBSY', 'madvise', path);
    expect(seal.verify()).toEqual({ state: 'held', moved: [] });
  });
});

native.describe('an exclusive seal while its owner changes the file', () => {
  test('the lock of the operation ends with it, so that no seal comes before', async () => {
    const path = scratch.file(LENGTH);
    const undo = files.guard(fs);
    try {
      using mapping = map(path);
      const seal = mapping.seal({ policy: 'exclusive' });
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      let writing: Promise<void> | undefined;
      await new Promise<void>((begun) => {
        writing = fs.promises.writeFile(path, inTwoParts(begun, gate), { flag: 'a' });
      });
      seal.release();
      expectSystemError(
        thrown(() => mapping.seal()),
        'EBUSY',
        'seal',
        path,
      );
      expect([seal.state, await isLocked(path)]).toEqual(['released', { value: true }]);
      open();
      await writing;
      expect(fs.statSync(path).size).toBe(LENGTH + 'moreand more'.length);
      expect(await isLocked(path)).toEqual({ value: false });
      mapping.seal().release();
    } finally {
      undo();
    }
  });
});
