import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import {
  anonymous,
  attach,
  extents,
  map,
  mapAsync,
  seals,
  type Mapping,
  type SealOptions,
  type UnsoundError,
} from '../../lib/index.js';
import { selectBackend } from '../../lib/backend/select.js';
import type { BackingFile } from '../../lib/file/backing-file.js';
import { checkSealable } from '../../lib/seals/sealable.js';
import { actorOf } from '../support/actors.js';
import { expectMisuse, expectSystemError, rejected, thrown, type Thrown } from '../support/errors.js';
import { watermark } from '../support/watermark.js';
import { placesForSeals, plainBtrfs, run, type Place } from '../support/file-system-under-test.js';
import { expectDone, LENGTH, PAGE } from './rules/rule.js';
import { native } from '../support/backends.js';
import { root, skipFor } from '../support/skip.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const wrong: readonly (readonly [unknown, string, string])[] = [
  [5, 'ERR_INVALID_ARG_TYPE', 'options'],
  [null, 'ERR_INVALID_ARG_TYPE', 'options'],
  [{ policy: 'polite' }, 'ERR_INVALID_ARG_VALUE', 'options.policy'],
  [{ policy: 1 }, 'ERR_INVALID_ARG_TYPE', 'options.policy'],
  [{ enforcement: 'iron' }, 'ERR_INVALID_ARG_VALUE', 'options.enforcement'],
  [{ prepare: true }, 'ERR_INVALID_ARG_TYPE', 'options.prepare'],
  [{ prepare: 'always' }, 'ERR_INVALID_ARG_VALUE', 'options.prepare'],
  [{ deadline: '5' }, 'ERR_INVALID_ARG_TYPE', 'options.deadline'],
  [{ deadline: -1 }, 'ERR_OUT_OF_RANGE', 'options.deadline'],
  [{ deadline: 0.5 }, 'ERR_OUT_OF_RANGE', 'options.deadline'],
  [{ deadline: NaN }, 'ERR_OUT_OF_RANGE', 'options.deadline'],
];

native.test('rule 4: a file system of an unknown kind is EOPNOTSUPP; the emulation seals on every file system', () => {
  // There is no such file system on this machine.
  const file = { mode: fs.constants.S_IFREG, fileSystem: 0 } as BackingFile;
  expectSystemError(
    thrown(() => checkSealable(selectBackend('native'), file, 'data.bin')),
    'EOPNOTSUPP',
    'seal',
    'data.bin',
  );
  checkSealable(selectBackend('emulated'), file, 'data.bin');
});

function suite(place: Place): void {
  function withMapping(use: (mapping: Mapping, path: string) => void): void {
    const path = place.file(LENGTH);
    using mapping = map(path);
    use(mapping, path);
    expect([seals.isSealed(path), mapping.seals.length]).toEqual([false, 0]);
  }

  test.each(wrong)('seal(%j): %s naming %s, and not sealed', async (options, code, argument) => {
    withMapping((mapping) =>
      expectMisuse(
        thrown(() => mapping.seal(options as SealOptions)),
        code,
        argument,
      ),
    );
    using mapping = map(place.file(LENGTH));
    expectMisuse(await rejected(mapping.sealAsync(options as SealOptions)), code, argument);
    if (Object(options) !== options) return;
    const nested = argument.replace('options', 'options.direct');
    expectMisuse(
      thrown(() => map(place.file(LENGTH), { direct: options as SealOptions })),
      code,
      nested,
    );
  });

  test('an option that is not known: ERR_INVALID_ARG_VALUE', () => {
    withMapping((mapping) =>
      expect(thrown(() => mapping.seal({ polcy: 'refuse' } as SealOptions)).code).toBe('ERR_INVALID_ARG_VALUE'),
    );
  });

  test.each(['yes', 'on', ''])('direct: %j: ERR_INVALID_ARG_VALUE', (direct) => {
    expectMisuse(
      thrown(() => map(place.file(LENGTH), { direct: direct as 'auto' })),
      'ERR_INVALID_ARG_VALUE',
      'options.direct',
    );
  });

  test.each([true, 1, null])('direct: %j: ERR_INVALID_ARG_TYPE', (direct) => {
    expectMisuse(
      thrown(() => map(place.file(LENGTH), { direct: direct as never })),
      'ERR_INVALID_ARG_TYPE',
      'options.direct',
    );
  });

  test('on anonymous memory: EINVAL', () => {
    using memory = anonymous(LENGTH);
    expectSystemError(
      thrown(() => memory.seal()),
      'EINVAL',
      'seal',
    );
    expect(memory.seals).toEqual([]);
  });

  test('on anonymous memory that came here another way: EINVAL, and its owner is not bound', () => {
    using memory = anonymous(LENGTH);
    const handle = memory.share();
    using attached = attach(handle);
    using inherited = attach({ ...handle, pid: handle.pid + 1 }, { fd: handle.fd }); // as in a child
    using byDescriptor = map(handle.fd);
    for (const each of [attached, inherited, byDescriptor])
      expectSystemError(
        thrown(() => each.seal()),
        'EINVAL',
        'seal',
      );
    expectSystemError(
      thrown(() => map(handle.fd, { direct: 'require' })),
      'EINVAL',
      'seal',
    );
    expect(seals.list()).toEqual([]);
    memory.resize(2 * LENGTH);
    expect(memory.length).toBe(2 * LENGTH);
  });

  test("on access 'copy': EINVAL; on 'read': EACCES", () => {
    const path = place.file(LENGTH);
    using copy = map(path, { access: 'copy' });
    using read = map(path, { access: 'read' });
    expectSystemError(
      thrown(() => copy.seal()),
      'EINVAL',
      'seal',
      path,
    );
    expectSystemError(
      thrown(() => read.seal()),
      'EACCES',
      'seal',
      path,
    );
    expect(seals.isSealed(path)).toBe(false);
  });

  test('a mapping that is closed while it is being sealed: ERR_MAPPING_CLOSED, and not sealed', async () => {
    const path = place.sparse(64 * PAGE);
    const mapping = map(path);
    const sealing = mapping.sealAsync();
    mapping.close();
    expect((await rejected(sealing)).code).toBe('ERR_MAPPING_CLOSED');
    expect(seals.isSealed(path)).toBe(false);
  });

  test("holes with prepare: 'verify': ETXTBSY with offset and flags of the first, and nothing is written", () => {
    const path = place.sparse(8 * PAGE);
    const fd = fs.openSync(path, 'r+');
    fs.writeSync(fd, watermark(0, 2 * PAGE), 0, 2 * PAGE, 0);
    fs.fsyncSync(fd);
    fs.closeSync(fd);
    const before = extents(path);
    using mapping = map(path);
    const error = thrown(() => mapping.seal({ prepare: 'verify' })) as unknown as UnsoundError;
    expectSystemError(error, 'ETXTBSY', 'seal', path);
    expect([error.offset, error.flags]).toEqual([2 * PAGE, ['hole']]);
    expect(extents(path)).toEqual(before);
    expect(seals.isSealed(path)).toBe(false);
    using direct = map(path, { direct: 'auto' });
    expect([direct.seals.length, direct.durability.reasons.some((reason) => reason.includes('hole'))]).toEqual([
      0,
      true,
    ]);
  });

  test('more than 1 GiB of holes: EFBIG naming sealAsync, nothing allocated, not sealed', () => {
    const path = place.sparse(GIB + PAGE);
    using mapping = map(path, { length: PAGE });
    const error = thrown(() => mapping.seal());
    expectSystemError(error, 'EFBIG', 'seal', path);
    expect(error.message).toContain('sealAsync');
    expect([fs.statSync(path).blocks, seals.isSealed(path)]).toEqual([0, false]);
  });

  test('an abort of sealAsync and mapAsync: not sealed, and the content as it was', async () => {
    const path = place.sparse(16 * PAGE);
    fs.writeFileSync(path, watermark(0, PAGE), { flag: 'r+' });
    const content = fs.readFileSync(path);
    using mapping = map(path);
    const reason = new Error('changed my mind');
    for (const begin of [
      (signal: AbortSignal) => mapping.sealAsync({ signal }),
      (signal: AbortSignal) => mapAsync(path, { direct: 'require', signal }),
    ]) {
      expect(await rejected(begin(AbortSignal.abort(reason)))).toBe(reason);
      const controller = new AbortController();
      const begun = begin(controller.signal);
      controller.abort(reason);
      expect(await rejected(begun)).toBe(reason);
      expect([seals.isSealed(path), mapping.seals.length]).toEqual([false, 0]);
      expect(fs.readFileSync(path).equals(content)).toBe(true);
    }
    using seal = await mapping.sealAsync();
    expect(seal.state).toBe('held');
  });

  test('rule 6: a stranger truncates the file during the preparation: EBUSY, and nothing is sealed', async () => {
    const path = place.sparse(24 * MIB); // more than is made dirty at once
    using mapping = map(path, { length: PAGE });
    const error = await rejected(mapping.sealAsync({ onProgress: () => fs.truncateSync(path, PAGE) }));
    expectSystemError(error, 'EBUSY', 'seal', path);
    expect(error.message).toContain('while it was being prepared');
    expect([seals.isSealed(path), mapping.seals.length, fs.statSync(path).size]).toEqual([false, 0, PAGE]);
    using seal = mapping.seal();
    expect(seal.state).toBe('held');
  });

  test('rule 6: stores of another process during the preparation survive', async () => {
    const path = place.sparse(0);
    const length = 1024 * PAGE;
    fs.truncateSync(path, length);
    const peer = actorOf('another process');
    try {
      for (const round of [1, 2, 3, 4]) {
        fs.truncateSync(path, 0);
        fs.truncateSync(path, length);
        expectDone(await peer.run('mapAndWait', path));
        using mapping = map(path);
        const storing = peer.run('storeInEveryPage', round);
        const seal = await mapping.sealAsync();
        expectDone(await storing);
        seal.release();
        const bytes = fs.readFileSync(path);
        const lost = Array.from({ length: length / PAGE }, (_, page) => page).filter(
          (page) => bytes[page * PAGE + 8] !== round,
        );
        expect(lost).toEqual([]);
        expectDone(await peer.run('release'));
      }
    } finally {
      await peer.kill();
    }
  });
}

/** It gives root up after everything is loaded and the file is open. */
const ANOTHER_USER = `
const [, index, path] = process.argv;
const mapping = require(index).map(path);
process.setgroups([]);
process.setgid(65534);
process.setuid(65534);
let refused;
try { mapping.seal({ enforcement: 'lease' }); } catch ({ code, errno, syscall, path, message }) { refused = { code, errno, syscall, path, message }; }
const left = mapping.seals.length;
const advisory = mapping.seal().state;
console.log(JSON.stringify({ refused, left, advisory }));`;

function asAnotherUser(place: Place): void {
  root('becoming another user').test(
    "a lease on another user's file: EACCES that names the needed owner, nothing stays sealed, and 'advisory' works",
    () => {
      const path = place.file(LENGTH);
      // It may not watch the file either, which is a warning.
      const env = { ...process.env, NODE_NO_WARNINGS: '1' };
      const child = spawnSync(process.execPath, ['-e', ANOTHER_USER, require.resolve('../../lib/index.js'), path], {
        encoding: 'utf8',
        env,
      });
      expect(child.stderr).toBe('');
      const { refused, left, advisory } = JSON.parse(child.stdout) as {
        refused: Thrown;
        left: number;
        advisory: string;
      };
      expectSystemError(refused, 'EACCES', 'fcntl F_SETLEASE', path);
      expect(refused.message).toContain('CAP_LEASE');
      expect([left, advisory]).toEqual([0, 'held']);
    },
  );
}

/** A file system that shares blocks and cannot give them back in place. */
function neverUnshared(place: Place): void {
  test('rule 6: shared blocks: ETXTBSY, and the advice is one that helps', () => {
    const path = place.file(LENGTH);
    const clone = place.path('clone');
    run('cp', '--reflink=always', path, clone);
    using mapping = map(clone);
    const error = thrown(() => mapping.seal());
    expectSystemError(error, 'ETXTBSY', 'seal', clone);
    expect(error.message).toMatch(/shared: .*cp --reflink=never/);
    expect(error.message).not.toContain("prepare: 'allocate'");
    const copy = place.path('copy');
    run('cp', '--reflink=never', clone, copy);
    using own = map(copy);
    using seal = own.seal();
    expect(seal.state).toBe('held');
  });
}

describe('files that cannot be sealed', () => {
  for (const place of placesForSeals()) {
    native.and(skipFor(place.missing)).suite(`on ${place.name}`, () => {
      suite(place);
      asAnotherUser(place);
      if (place.kind === 'btrfs') neverUnshared(place);
    });
  }

  const plain = plainBtrfs();
  native
    .and(skipFor(plain.missing))
    .test('rule 4: btrfs without NOCOW: EOPNOTSUPP naming it and the remedy, before anything is changed', () => {
      const path = plain.file(LENGTH);
      const holey = plain.sparse(LENGTH);
      for (const file of [path, holey]) {
        using mapping = map(file);
        const before = extents(file);
        for (const attempt of [() => mapping.seal(), () => map(file, { direct: 'require' })]) {
          const error = thrown(attempt);
          expectSystemError(error, 'EOPNOTSUPP', 'seal', file);
          expect(error.message).toMatch(/btrfs.*chattr \+C/);
        }
        using direct = map(file, { direct: 'auto' });
        expect([direct.seals.length, direct.durability.reasons.some((reason) => reason.includes('btrfs'))]).toEqual([
          0,
          true,
        ]);
        expect([extents(file), seals.isSealed(file)]).toEqual([before, false]);
      }
    });
});
