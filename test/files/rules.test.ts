import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants } from '../../lib/core/constants.js';
import { selectBackend } from '../../lib/backend/select.js';
import { files } from '../../lib/files.js';
import { expectSystemError, rejected, thrown } from '../support/errors.js';
import { copyOfFs, fileForms, type FileForm } from '../support/file-forms.js';
import { actorNames, whileSealed } from '../support/actors.js';
import { mountPoint, testOn, type Missing, type MountPoint } from '../support/mounts.js';
import { Scratch } from '../support/scratch.js';
import { misplaced, watermark } from '../support/watermark.js';
import { native } from '../support/backends.js';

const {
  PAGE_SIZE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
  FALLOC_FL_COLLAPSE_RANGE,
  FALLOC_FL_INSERT_RANGE,
  FALLOC_FL_UNSHARE_RANGE,
} = constants;
const SIZE = 4 * PAGE_SIZE;
const MIB = 2 ** 20;
const scratch = new Scratch();
const guarded = copyOfFs();
const forms = fileForms(guarded);
let undo = (): void => undefined;
let names = 0;

beforeAll(async () => {
  undo = files.guard(guarded);
  await (await fs.promises.open(__filename)).close(); // a handle was seen: the methods of all are guarded
});
afterAll(() => undo());

function fileIn(dir: string): string {
  const path = join(dir, `rule-${names++}`);
  fs.writeFileSync(path, watermark(0, SIZE), { mode: 0o600 });
  return path;
}

/** The size and every byte are unchanged. */
function expectIntact(path: string): void {
  const content = fs.readFileSync(path);
  expect(content.length).toBe(SIZE);
  expect(misplaced(content, 0)).toBeUndefined();
}

async function expectRefused(call: Promise<unknown>, form: FileForm, path: string): Promise<void> {
  const error = await rejected(call.then(() => Promise.reject(new Error(`${form.name} was not refused`))));
  expect({ form: form.name, code: error.code ?? error.message }).toEqual({ form: form.name, code: 'ETXTBSY' });
  expect(error.errno).toBeLessThan(0);
  expect(error.message).toContain('the file is sealed');
  expectIntact(path);
}

const places: Array<[string, MountPoint | Missing | undefined]> = [
  ['the temporary directory', undefined],
  ['tmpfs', mountPoint('tmpfs', 8 * MIB)],
  ['xfs', mountPoint('xfs', 300 * MIB)],
];

native.describe.each(places)('guarded operations, rules 8 to 21: %s', (_place, mount) => {
  describe.each(actorNames)('sealed by %s', (actor) => {
    const rule = (name: string, body: (dir: string) => Promise<void>): void => {
      if (mount === undefined) test(name, () => body(scratch.dir));
      else testOn(mount, name, body);
    };
    const each = async (dir: string, body: (form: FileForm, path: string) => Promise<void>): Promise<void> => {
      const path = fileIn(dir);
      await whileSealed(actor, path, async () => {
        for (const form of forms) await body(form, path);
      });
    };

    rule('rule 8: truncate and ftruncate, to a smaller, larger and equal size', (dir) =>
      each(dir, async (form, path) => {
        for (const length of [0, SIZE - 1, SIZE, SIZE + 1]) {
          await expectRefused(form.truncate(path, length), form, path);
          await expectRefused(form.ftruncate(path, length), form, path);
        }
      }),
    );

    rule('rule 8: a descriptor that cannot be written is EINVAL first', async (dir) => {
      const path = fileIn(dir);
      const fd = fs.openSync(path, 'r');
      await whileSealed(actor, path, async () => {
        expect(thrown(() => files.ftruncate(fd, 0)).code).toBe('EINVAL');
        expect(thrown(() => guarded.ftruncateSync(fd, 0)).code).toBe('EINVAL');
        expect((await rejected(files.promises.ftruncate(fd, 0))).code).toBe('EINVAL');
      });
      fs.closeSync(fd);
    });

    rule('rule 9: open with O_TRUNC, and functions that open so', (dir) =>
      each(dir, (form, path) => expectRefused(form.openTruncating(path), form, path)),
    );

    rule("rule 9: writeFile() with the encoding 'buffer', which is none", async (dir) => {
      const path = fileIn(dir);
      const bytes = Buffer.from('x');
      await whileSealed(actor, path, async () => {
        const writes: Array<() => unknown> = [
          () => guarded.writeFileSync(path, bytes, 'buffer' as never),
          () => promisify(guarded.writeFile)(path, bytes, 'buffer' as never),
          () => guarded.promises.writeFile(path, bytes, 'buffer' as never),
        ];
        for (const write of writes) {
          expectSystemError(await rejected((async () => write())()), 'ETXTBSY', 'open', path);
          expectIntact(path);
        }
      });
    });

    rule('rule 9: a flag that truncates, of a function that only reads', async (dir) => {
      const path = fileIn(dir);
      const truncating = { encoding: 'utf8', flag: 'w+' } as const;
      await whileSealed(actor, path, async () => {
        const reads: Array<() => unknown> = [
          () => guarded.readFileSync(path, truncating),
          () => promisify(guarded.readFile)(path, truncating),
          () => guarded.promises.readFile(path, truncating),
        ];
        for (const read of reads) {
          expectSystemError(await rejected((async () => read())()), 'ETXTBSY', 'open', path);
          expectIntact(path);
        }
      });
    });

    rule('rule 10: fallocate in every mode; bad descriptor, length and mode first', async (dir) => {
      const path = fileIn(dir);
      const fd = fs.openSync(path, 'r+');
      const readable = fs.openSync(path, 'r');
      const KEEP = FALLOC_FL_KEEP_SIZE;
      await whileSealed(actor, path, async () => {
        const modes = [
          0,
          KEEP,
          FALLOC_FL_PUNCH_HOLE | KEEP,
          FALLOC_FL_ZERO_RANGE,
          FALLOC_FL_ZERO_RANGE | KEEP,
          FALLOC_FL_COLLAPSE_RANGE,
          FALLOC_FL_INSERT_RANGE,
          FALLOC_FL_UNSHARE_RANGE,
        ];
        for (const mode of modes) {
          expectSystemError(
            thrown(() => files.fallocate(fd, mode, 0, PAGE_SIZE)),
            'ETXTBSY',
            'fallocate',
          );
          expectSystemError(await rejected(files.promises.fallocate(fd, mode, 0, PAGE_SIZE)), 'ETXTBSY', 'fallocate');
        }
        expectIntact(path);
        expectSystemError(
          thrown(() => files.fallocate(2 ** 20 - 1, 0, 0, PAGE_SIZE)),
          'EBADF',
          'fallocate',
        );
        expectSystemError(
          thrown(() => files.fallocate(readable, 0, 0, PAGE_SIZE)),
          'EBADF',
          'fallocate',
        );
        for (const length of [0, -1])
          expectSystemError(
            thrown(() => files.fallocate(fd, 0, 0, length)),
            'EINVAL',
            'fallocate',
          );
        expectSystemError(
          thrown(() => files.fallocate(fd, 0, -1, 1)),
          'EINVAL',
          'fallocate',
        );
        for (const mode of [FALLOC_FL_PUNCH_HOLE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE | KEEP, 0x40000000]) {
          expectSystemError(
            thrown(() => files.fallocate(fd, mode, 0, PAGE_SIZE)),
            'EOPNOTSUPP',
            'fallocate',
          );
        }
      });
      for (const open of [fd, readable]) fs.closeSync(open);
    });

    rule('rule 11: a write past the size, and not one byte of it', (dir) =>
      each(dir, async (form, path) => {
        for (const [length, position] of [
          [1, SIZE],
          [2, SIZE - 1],
          [SIZE + 1, 0],
          [8, 2 ** 40],
        ] as const) {
          await expectRefused(form.write(path, Buffer.alloc(length, 0xff), position), form, path);
        }
        await expectRefused(form.write(path, Buffer.alloc(SIZE + 1, 0xff), null), form, path);
      }),
    );

    rule('rule 12: an append of one byte; a write of none is 0', (dir) =>
      each(dir, async (form, path) => {
        await expectRefused(form.append(path, Buffer.from('x')), form, path);
        await expectRefused(form.write(path, Buffer.from('x'), null, 'a'), form, path);
        await expectRefused(form.write(path, Buffer.from('x'), 0, 'a'), form, path); // Linux appends whatever the position
        expect(await form.write(path, Buffer.alloc(0), SIZE + 10)).toBe(0);
        expect(await form.write(path, Buffer.alloc(0), null, 'a')).toBe(0);
        expectIntact(path);
      }),
    );

    rule('rule 13: a write inside the size over written extents', (dir) =>
      each(dir, async (form, path) => {
        for (const [length, position] of [
          [1, 0],
          [1, SIZE - 1],
          [PAGE_SIZE + 2, PAGE_SIZE - 1],
          [SIZE, 0],
        ] as const) {
          expect(await form.write(path, watermark(position, length), position)).toBe(length);
        }
        expect(await form.write(path, Buffer.alloc(3, 9), null)).toBe(3);
        expect(fs.readFileSync(path).subarray(0, 3)).toEqual(Buffer.alloc(3, 9));
        expect(await form.write(path, watermark(0, 3), 0)).toBe(3);
        expectIntact(path);
      }),
    );

    rule('rule 14: a write that touches a hole', async (dir) => {
      const path = fileIn(dir);
      await whileSealed(actor, path, async () => {
        const fd = fs.openSync(path, 'r+');
        selectBackend('auto').files.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE_SIZE, PAGE_SIZE); // a stranger
        fs.closeSync(fd);
        const before = fs.readFileSync(path);
        for (const form of forms) {
          for (const [length, position] of [
            [1, PAGE_SIZE],
            [2, PAGE_SIZE - 1],
            [1, 2 * PAGE_SIZE - 1],
            [SIZE, 0],
          ] as const) {
            const error = await rejected(form.write(path, Buffer.alloc(length, 0xff), position));
            expect(error).toMatchObject({
              code: 'ETXTBSY',
              syscall: 'write',
              offset: Math.max(PAGE_SIZE, position),
              flags: ['hole'],
            });
          }
          expect(fs.readFileSync(path).equals(before)).toBe(true);
          expect(await form.write(path, before.subarray(0, PAGE_SIZE), 0)).toBe(PAGE_SIZE);
          expect(await form.write(path, before.subarray(0, 5), 2 * PAGE_SIZE)).toBe(5);
          expect(await form.write(path, watermark(2 * PAGE_SIZE, 5), 2 * PAGE_SIZE)).toBe(5);
        }
      });
    });

    rule('rule 17: copies from a sealed file, and into one as write() may', async (dir) => {
      const path = fileIn(dir);
      const other = fileIn(dir);
      fs.writeFileSync(other, Buffer.alloc(SIZE, 7));
      const [sealed, open] = [fs.openSync(path, 'r+'), fs.openSync(other, 'r+')];
      await whileSealed(actor, path, async () => {
        expect(files.copyRange(sealed, 8, open, 8, 100)).toBe(100);
        expect(await files.promises.copyRange(sealed, 0, open, SIZE, 2 * SIZE)).toBe(SIZE);
        expect(misplaced(fs.readFileSync(other).subarray(8, 108), 8)).toBeUndefined();
        expect(misplaced(fs.readFileSync(other).subarray(SIZE), 0)).toBeUndefined();
        expectSystemError(
          thrown(() => files.copyRange(open, 0, sealed, SIZE - 1, 2)),
          'ETXTBSY',
          'copy_file_range',
        );
        expectSystemError(
          await rejected(files.promises.copyRange(open, 0, sealed, SIZE, 1)),
          'ETXTBSY',
          'copy_file_range',
        );
        expectSystemError(
          thrown(() => files.copyRange(sealed, 0, sealed, 1, 2)),
          'EINVAL',
          'copy_file_range',
        );
        expectIntact(path);
        expect(files.copyRange(open, SIZE, sealed, 0, SIZE)).toBe(SIZE);
        expect(files.copyRange(sealed, 0, sealed, PAGE_SIZE, 0)).toBe(0);
        expectIntact(path);
        // As in the kernel: the eight bytes that the source has overlap nothing.
        expect(files.copyRange(sealed, SIZE - 8, sealed, SIZE - 16, 100)).toBe(8);
      });
      for (const fd of [sealed, open]) fs.closeSync(fd);
    });

    rule('rule 17: copyFile and cp from a sealed file, and not into one', async (dir) => {
      const path = fileIn(dir);
      const other = join(dir, `copy-${names++}`);
      await whileSealed(actor, path, async () => {
        const copies: Array<[string, (from: string, to: string) => unknown]> = [
          ['copyFileSync', (from, to) => guarded.copyFileSync(from, to)],
          [
            'copyFile',
            (from, to) =>
              new Promise<void>((resolve, reject) =>
                guarded.copyFile(from, to, (error) => (error ? reject(error) : resolve())),
              ),
          ],
          ['promises.copyFile', (from, to) => guarded.promises.copyFile(from, to)],
          ['cpSync', (from, to) => guarded.cpSync(from, to)],
          [
            'cp',
            (from, to) =>
              new Promise<void>((resolve, reject) =>
                guarded.cp(from, to, (error) => (error ? reject(error) : resolve())),
              ),
          ],
          ['promises.cp', (from, to) => guarded.promises.cp(from, to)],
        ];
        for (const [name, copy] of copies) {
          await copy(path, other);
          expect({
            name,
            wrong: misplaced(fs.readFileSync(other), 0),
            mode: fs.statSync(other).mode & 0o777,
          }).toEqual({ name, wrong: undefined, mode: 0o600 });
          const error = await rejected((async () => copy(other, path))());
          expect({ name, code: error.code }).toEqual({ name, code: 'ETXTBSY' });
          expectIntact(path);
          fs.rmSync(other);
        }
        const force = fs.constants.COPYFILE_FICLONE_FORCE;
        expect(thrown(() => guarded.copyFileSync(path, other, force)).code).toBe('ETXTBSY');
      });
    });

    rule('rules 18 and 19: reading, fsync, chmod, utimes, link, rename and unlink succeed', async (dir) => {
      const path = fileIn(dir);
      const fd = fs.openSync(path, 'r+');
      await whileSealed(actor, path, async () => {
        expect(misplaced(guarded.readFileSync(path), 0)).toBeUndefined();
        guarded.fsyncSync(fd);
        guarded.fstatSync(fd);
        guarded.chmodSync(path, 0o640);
        guarded.utimesSync(path, 1, 2);
        guarded.linkSync(path, `${path}-link`);
        guarded.renameSync(path, `${path}-renamed`);
        guarded.closeSync(files.open(`${path}-link`, 'r+'));
        guarded.unlinkSync(`${path}-link`);
        guarded.rmSync(`${path}-renamed`);
        // It stays with the inode.
        expectSystemError(
          thrown(() => files.ftruncate(fd, 0)),
          'ETXTBSY',
          'ftruncate',
        );
        expectSystemError(
          thrown(() => files.append(fd, Buffer.from('x'))),
          'ETXTBSY',
          'write',
        );
        expect(fs.fstatSync(fd).size).toBe(SIZE);
      });
      fs.closeSync(fd);
    });

    rule('rule 21: a hard link and a second descriptor see the seal', async (dir) => {
      const path = fileIn(dir);
      const link = `${path}-hard`;
      fs.linkSync(path, link);
      const fd = fs.openSync(link, 'r+');
      await whileSealed(actor, path, async () => {
        for (const form of forms) {
          await expectRefused(form.truncate(link, 0), form, path);
          await expectRefused(form.openTruncating(link), form, path);
        }
        expectSystemError(
          thrown(() => files.ftruncate(fd, 0)),
          'ETXTBSY',
          'ftruncate',
        );
      });
      fs.closeSync(fd);
    });

    rule('afterwards everything is allowed again', async (dir) => {
      const path = fileIn(dir);
      await whileSealed(actor, path, async () => {
        for (const form of forms) await expectRefused(form.append(path, Buffer.from('x')), form, path);
      });
      for (const form of forms) {
        fs.writeFileSync(path, watermark(0, SIZE));
        await form.append(path, Buffer.from('x'));
        await form.truncate(path, 2 * SIZE);
        await form.ftruncate(path, SIZE);
        expectIntact(path);
        await form.openTruncating(path);
        expect(fs.statSync(path).size).toBeLessThan(SIZE);
      }
    });

    rule('rule 20: exclusive: all others are refused, the owner is not', async (dir) => {
      const path = fileIn(dir);
      const body = async (): Promise<void> => {
        for (const form of forms) {
          if (actor === 'the same thread') await form.ftruncate(path, SIZE);
          else await expectRefused(form.ftruncate(path, SIZE), form, path);
        }
      };
      await whileSealed(actor, path, body, { policy: 'exclusive' });
    });
  });
});

native.describe('clone and dedupe, rule 15', () => {
  const mount = mountPoint('xfs', 300 * MIB);
  const inode = (path: string): string => (fs.existsSync(path) ? fs.readFileSync(path).toString('base64') : 'missing');

  for (const actor of actorNames) {
    testOn(mount, `either end sealed by ${actor}`, async (dir) => {
      const path = fileIn(dir);
      const other = fileIn(dir);
      const fresh = join(dir, `fresh-${names++}`);
      const [sealed, open] = [fs.openSync(path, 'r+'), fs.openSync(other, 'r+')];
      await whileSealed(actor, path, async () => {
        for (const [from, to] of [
          [path, other],
          [other, path],
          [path, fresh],
        ] as const) {
          expectSystemError(
            thrown(() => files.clone(from, to)),
            'ETXTBSY',
            'ioctl FICLONE',
            to,
          );
          expectSystemError(await rejected(files.promises.clone(from, to)), 'ETXTBSY', 'ioctl FICLONE', to);
        }
        expectIntact(path);
        expectIntact(other);
        expect(inode(fresh)).toBe('missing');
        expectSystemError(
          thrown(() => files.dedupe(sealed, 0, SIZE, open, 0)),
          'ETXTBSY',
          'ioctl FIDEDUPERANGE',
        );
        expect(files.dedupe(open, 0, SIZE, sealed, 0)).toEqual({ bytes: 0, status: -26 });
        expect(await files.promises.dedupe(open, 0, SIZE, sealed, 0)).toEqual({ bytes: 0, status: -26 });
        // From a sealed file bytes are copied: nothing of it becomes shared.
        expect(files.copyRange(sealed, 0, open, 0, SIZE)).toBe(SIZE);
        const raw = selectBackend('auto').files.readExtents(sealed, 0, SIZE, 'synced');
        expect([...raw].filter((_, field) => field % 4 === 3).some((flags) => (flags & 0x2000) !== 0)).toBe(false);
      });
      expect(files.dedupe(open, 0, SIZE, sealed, 0)).toEqual({ bytes: SIZE, status: 0 });
      for (const fd of [sealed, open]) fs.closeSync(fd);
    });
  }

  testOn(
    mount,
    'dedupe, both forms: shares equal ranges, and reports a difference or an error of the destination',
    async (dir) => {
      const paths = [fileIn(dir), fileIn(dir), fileIn(dir), fileIn(scratch.dir)];
      fs.writeFileSync(paths[2] ?? '', Buffer.alloc(SIZE, 7));
      const [from, equal, other, elsewhere] = paths.map((path) => fs.openSync(path, 'r+')) as [
        number,
        number,
        number,
        number,
      ];
      for (const dedupe of [
        files.promises.dedupe,
        async (...args: Parameters<typeof files.dedupe>) => files.dedupe(...args),
      ]) {
        expect(await dedupe(from, 0, SIZE, equal, 0)).toEqual({ bytes: SIZE, status: 0 });
        expect(await dedupe(from, 0, SIZE, other, 0)).toEqual({ bytes: 0, status: 1 });
        expect(await dedupe(from, 0, SIZE, elsewhere, 0)).toEqual({ bytes: 0, status: -os.constants.errno.EXDEV });
        expect(await dedupe(from, 1, SIZE - 1, equal, 1)).toEqual({ bytes: 0, status: -os.constants.errno.EINVAL });
      }
      for (const fd of [from, equal, other, elsewhere]) fs.closeSync(fd);
      expect(fs.readFileSync(paths[2] ?? '').equals(Buffer.alloc(SIZE, 7))).toBe(true);
    },
  );

  testOn(
    mount,
    'unsealed: the destination becomes the source; made with its permissions, or cut to its length',
    async (dir) => {
      const path = fileIn(dir);
      fs.truncateSync(path, SIZE - 100); // in the middle of a block
      fs.chmodSync(path, 0o640);
      const [fresh, longer, shorter] = ['fresh', 'longer', 'shorter'].map((name) =>
        join(dir, `${name}-${names++}`),
      ) as [string, string, string];
      fs.writeFileSync(longer, Buffer.alloc(3 * SIZE, 1));
      fs.writeFileSync(shorter, 'x');
      files.clone(path, fresh);
      files.clone(path, longer);
      await files.promises.clone(path, shorter);
      for (const made of [fresh, longer, shorter])
        expect(fs.readFileSync(made).equals(watermark(0, SIZE - 100))).toBe(true);
      expect(fs.statSync(fresh).mode & 0o777).toBe(0o640 & ~process.umask());
      expectSystemError(
        thrown(() => files.clone(path, path)),
        'EINVAL',
        'ioctl FICLONE',
        path,
      );
      expect(fs.readFileSync(path).equals(watermark(0, SIZE - 100))).toBe(true);
    },
  );

  testOn(
    mount,
    'a clone to another file system is EXDEV; an existing file is intact, a missing one stays missing',
    (dir) => {
      const path = fileIn(dir);
      const there = scratch.file(SIZE);
      const fresh = scratch.path();
      expectSystemError(
        thrown(() => files.clone(path, there)),
        'EXDEV',
        'ioctl FICLONE',
        there,
      );
      expectIntact(there);
      expectSystemError(
        thrown(() => files.clone(path, fresh)),
        'EXDEV',
        'ioctl FICLONE',
        fresh,
      );
      expect(fs.existsSync(fresh)).toBe(false);
    },
  );
});
