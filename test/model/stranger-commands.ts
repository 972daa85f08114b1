import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { constants, WriterLock } from '../../lib/index.js';
import { bytes, command, lengths, MOST_PAGES, offsets, type ModelCommand } from './command.js';
import { fileLengths, isPlainPunch, setLength } from './model-length.js';
import { codeOf, type Model } from './state.js';

const { PAGE_SIZE } = constants;

const truncates = fileLengths.map((length) =>
  command(`the other program: ftruncate(${length})`, async (model, { path, stranger }) => {
    if (length !== model.file.length) model.file.seal?.disturb();
    await stranger.ask('truncate', path, length);
    setLength(model, length);
  }),
);

const writes = fc.tuple(offsets, lengths, bytes).map(([offset, length, byte]) =>
  command(`the other program: pwrite(${offset}, ${length}, ${byte})`, async (model, { path, stranger }) => {
    const { file } = model;
    if (length === 0 || offset + length > file.length || file.isShort(offset, length)) return;
    if (file.holes(offset, length).length > 0) file.seal?.disturb();
    await stranger.ask('write', path, offset, length, byte);
    file.store(offset, Buffer.alloc(length, byte));
  }),
);

const punches = fc.tuple(offsets, lengths).map(([offset, length]) =>
  command(`the other program: punch(${offset}, ${length})`, async ({ file }, { path, stranger }) => {
    if (!isPlainPunch(file, offset, length)) return;
    await stranger.ask('punch', path, offset, length);
    file.seal?.disturb();
    file.punch(offset, length);
  }),
);

/** There is a disk that can be filled. */
function isSmall({ file: { disk } }: Model): boolean {
  return disk.free !== Infinity;
}

const fills = fc.constant(null).map(() =>
  command('the other program: fills the disk', async (model, { place, stranger }) => {
    if (!isSmall(model)) return;
    await stranger.ask('fill', join(place.folder, 'ballast'));
    model.file.disk.fill();
  }),
);

/** A hole on a full disk: the next access to its page is a fault. */
const takesBlocks = fc.tuple(fc.nat({ max: MOST_PAGES }), fc.integer({ min: 1, max: 2 })).map(([page, count]) =>
  command(`the other program: punches page ${page} and ${count - 1} more, and fills the disk`, async (model, real) => {
    const { file } = model;
    const [offset, length] = [page * PAGE_SIZE, count * PAGE_SIZE];
    if (!isSmall(model) || !isPlainPunch(file, offset, length)) return;
    await real.stranger.ask('punch', real.path, offset, length);
    await real.stranger.ask('fill', join(real.place.folder, 'ballast'));
    file.seal?.disturb();
    file.punch(offset, length);
    file.disk.fill();
  }),
);

const empties = fc.constant(null).map(() =>
  command('the other program: frees the disk', async ({ file: { disk } }, { place, stranger }) => {
    if (disk.ballast === 0) return;
    await stranger.ask('empty', join(place.folder, 'ballast'));
    disk.empty();
  }),
);

const locks = fc.constant(null).map(() =>
  command('the other program: WriterLock', async (model, { path, stranger }) => {
    if (model.writer === 'the other program') {
      await stranger.ask('unlock');
      model.writer = 'nobody';
    } else {
      const isFree = model.writer === 'nobody';
      assert.equal(await stranger.ask('lock', path), isFree);
      if (isFree) model.writer = 'the other program';
    }
  }),
);

const ownLocks = fc.boolean().map((waits) =>
  command(`WriterLock.${waits ? 'acquire' : 'tryAcquire'}`, async (model, real) => {
    if (model.writer === 'this process') {
      real.lock!.release();
      model.writer = 'nobody';
      return;
    }
    const isFree = model.writer === 'nobody';
    const { path } = real;
    let lock: WriterLock | undefined;
    const take = (): WriterLock | undefined =>
      waits ? WriterLock.acquire(path, { timeout: 0 }) : WriterLock.tryAcquire(path);
    assert.equal(await codeOf(() => (lock = take())), isFree || !waits ? undefined : 'EBUSY');
    assert.equal(lock?.held, isFree ? true : undefined);
    if (isFree) [real.lock, model.writer] = [lock, 'this process'];
  }),
);

/** Another process, and the lock that it competes for. */
export const strangerCommands: readonly fc.Arbitrary<ModelCommand>[] = [
  truncates,
  writes,
  punches,
  fills,
  takesBlocks,
  takesBlocks,
  empties,
  locks,
  ownLocks,
];
