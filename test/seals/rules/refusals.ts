import { expect } from '@jest/globals';
import fs from 'node:fs';
import { constants, extents, seals } from '../../../lib/index.js';
import { BYTE } from '../../support/actions.js';
import { run } from '../../support/file-system-under-test.js';
import {
  advisory,
  all,
  both,
  expectDone,
  expectRefused,
  expectWatermark,
  LENGTH,
  lease,
  noReflink,
  notLease,
  PAGE,
  type Rule,
} from './rule.js';

const {
  FALLOC_FL_COLLAPSE_RANGE,
  FALLOC_FL_INSERT_RANGE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_UNSHARE_RANGE,
  FALLOC_FL_ZERO_RANGE,
} = constants;
const EVERY_MODE = [
  0,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_ZERO_RANGE,
  FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_COLLAPSE_RANGE,
  FALLOC_FL_INSERT_RANGE,
  FALLOC_FL_UNSHARE_RANGE,
];
const ETXTBSY = -26;

function resizing(operation: 'ftruncate' | 'truncate', levels: Rule['levels']): Rule {
  return {
    rule: 8,
    title: `${operation} to smaller, larger and equal size`,
    levels,
    body: async (trial) => {
      for (const length of [LENGTH, 1, LENGTH + PAGE]) {
        const path = trial.place.file(LENGTH);
        await trial.expectRefusedWhileSealed(path, () => trial.actor.run(operation, path, length));
        expect(fs.statSync(path).size).toBe(length);
      }
    },
  };
}

/** Rules 8 to 17 as far as something is refused: the actor does it, this thread has sealed. */
export const refusalRules: readonly Rule[] = [
  resizing('ftruncate', notLease),
  resizing('truncate', all),
  {
    rule: 9,
    title: 'open with O_TRUNC, however it is said; the content is intact',
    levels: all,
    body: async (trial) => {
      for (const flags of [
        'w',
        'w+',
        fs.constants.O_RDWR | fs.constants.O_TRUNC,
        fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC,
      ]) {
        const path = trial.place.file(LENGTH);
        await trial.expectRefusedWhileSealed(path, () => trial.actor.run('open', path, flags));
        expect(fs.statSync(path).size).toBe(0);
      }
    },
  },
  {
    rule: 10,
    title: 'fallocate in every mode that the file system has',
    levels: notLease,
    body: async (trial) => {
      const { place, actor } = trial;
      let possible = 0;
      for (const mode of EVERY_MODE) {
        const control = await actor.run('fallocate', place.file(8 * PAGE), mode, PAGE, PAGE);
        const path = place.file(8 * PAGE);
        trial.seal(path);
        const outcome = await actor.run('fallocate', path, mode, PAGE, PAGE);
        if (control.code === undefined) expectRefused(outcome, 'ETXTBSY');
        else expect(['ETXTBSY', control.code]).toContain(outcome.code);
        await trial.expectHeld();
        trial.unseal();
        expectWatermark(path, 8 * PAGE);
        possible += control.code === undefined ? 1 : 0;
      }
      expect(possible).toBeGreaterThanOrEqual(3);
    },
  },
  {
    rule: 10,
    title: 'a bad descriptor, a bad length and an impossible mode win over it',
    levels: notLease,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      trial.seal(path);
      expectRefused(await trial.actor.run('fallocateBadDescriptor', 0), 'EBADF');
      expectRefused(await trial.actor.run('fallocate', path, 0, 0, 0), 'EINVAL');
      expectRefused(await trial.actor.run('fallocate', path, FALLOC_FL_PUNCH_HOLE, 0, PAGE), 'EOPNOTSUPP'); // wants KEEP_SIZE
      expectRefused(await trial.actor.run('fallocate', path, 0, 0, PAGE), 'ETXTBSY');
      await trial.expectHeld();
    },
  },
  {
    rule: 10,
    title: "advise('remove'), map({ size }) and resize() of another mapping",
    levels: notLease,
    body: async (trial) => {
      const { place, actor } = trial;
      const punched = place.file(LENGTH);
      await trial.expectRefusedWhileSealed(punched, () => actor.run('remove', punched, PAGE, PAGE));
      expect(
        fs
          .readFileSync(punched)
          .subarray(PAGE, 2 * PAGE)
          .every((byte) => byte === 0),
      ).toBe(true);
      const sized = place.file(LENGTH);
      await trial.expectRefusedWhileSealed(sized, () => actor.run('mapWithSize', sized, LENGTH + PAGE));
      const resized = place.file(LENGTH);
      await trial.expectRefusedWhileSealed(resized, () => actor.run('resize', resized, LENGTH, LENGTH + PAGE));
      expect([fs.statSync(sized).size, fs.statSync(resized).size]).toEqual([LENGTH + PAGE, LENGTH + PAGE]);
    },
  },
  {
    rule: 11,
    title: 'a write past the size: nothing is written, not a part of it either',
    levels: notLease,
    body: async (trial) => {
      const { place, actor } = trial;
      for (const [position, length] of [
        [LENGTH, 1],
        [LENGTH - 1, 2],
        [LENGTH + PAGE, 1],
      ] as const) {
        // prettier-ignore
        const path = place.file(LENGTH);
        await trial.expectRefusedWhileSealed(path, () => actor.run('write', path, 'r+', position, length));
        expect(fs.statSync(path).size).toBe(position + length);
      }
      const path = place.file(LENGTH);
      await trial.expectRefusedWhileSealed(path, () => actor.run('write', path, 'r+', null, LENGTH + 1));
    },
  },
  {
    rule: 12,
    title: 'an append of a byte, by descriptor; of nothing: 0',
    levels: notLease,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      trial.seal(path);
      expect(expectDone(await trial.actor.run('appendDescriptor', path, 0))).toBe(0);
      expect(expectDone(await trial.actor.run('write', path, 'a', null, 0))).toBe(0);
      trial.unseal();
      await trial.expectRefusedWhileSealed(path, () => trial.actor.run('appendDescriptor', path, 1));
      await trial.expectRefusedWhileSealed(path, () => trial.actor.run('write', path, 'a', null, 1));
      expect(fs.statSync(path).size).toBe(LENGTH + 2);
    },
  },
  {
    rule: 12,
    title: 'an append of a byte, by path',
    levels: all,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      await trial.expectRefusedWhileSealed(path, () => trial.actor.run('append', path, 1));
      expect(fs.statSync(path).size).toBe(LENGTH + 1);
    },
  },
  {
    rule: 13,
    title: 'a write within the size, over written extents, succeeds',
    levels: notLease,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      const mapping = trial.mapSealed(path, {});
      for (const [position, length] of [
        [0, 1],
        [PAGE - 1, PAGE + 2],
        [LENGTH - 1, 1],
      ] as const) {
        // prettier-ignore
        expect(expectDone(await trial.actor.run('write', path, 'r+', position, length))).toBe(length);
        expect(mapping.view(position, length).every((byte) => byte === BYTE)).toBe(true);
      }
      await trial.expectHeld();
    },
  },
  {
    rule: 14,
    title: 'a write that touches a hole or an unwritten extent, which a stranger has made',
    levels: advisory,
    body: async (trial) => {
      const { place, actor } = trial;
      const modes = place.verifiable ? ['--punch-hole', '--zero-range'] : ['--punch-hole'];
      for (const mode of modes) {
        const path = place.file(LENGTH);
        trial.seal(path);
        run('fallocate', mode, '--keep-size', '--offset', String(2 * PAGE), '--length', String(PAGE), path);
        expectRefused(await actor.run('write', path, 'r+', 2 * PAGE - 1, 2), 'ETXTBSY');
        expectRefused(await actor.run('write', path, 'r+', 2 * PAGE, PAGE), 'ETXTBSY');
        expect(fs.readFileSync(path)[2 * PAGE]).toBe(0);
        expect(expectDone(await actor.run('write', path, 'r+', 3 * PAGE, 1))).toBe(1);
        trial.unseal();
        expect(expectDone(await actor.run('write', path, 'r+', 2 * PAGE, PAGE))).toBe(PAGE);
      }
    },
  },
  {
    rule: 14,
    title: 'a write that touches a shared extent, which a stranger has made',
    levels: advisory,
    notHere: noReflink,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      trial.seal(path);
      run('cp', '--reflink=always', path, trial.place.path('stranger'));
      expectRefused(await trial.actor.run('write', path, 'r+', 0, 1), 'ETXTBSY');
      trial.unseal();
      expect(expectDone(await trial.actor.run('write', path, 'r+', 0, 1))).toBe(1);
    },
  },
  {
    rule: 15,
    title: 'clone with either end sealed',
    levels: all,
    notHere: noReflink,
    body: async (trial) => {
      const { place, actor } = trial;
      const from = place.file(LENGTH);
      await trial.expectRefusedWhileSealed(from, () => actor.run('clone', from, place.path('clone')));
      const to = place.file(LENGTH);
      fs.truncateSync(to, PAGE);
      await trial.expectRefusedWhileSealed(to, () => actor.run('clone', from, to));
      expectWatermark(to);
    },
  },
  {
    rule: 15,
    title: 'dedupe with either end sealed; the destination: as its status',
    levels: notLease,
    notHere: noReflink,
    body: async (trial) => {
      const { place, actor } = trial;
      for (const sealed of ['source', 'destination'] as const) {
        const ends = { source: place.file(8 * PAGE), destination: place.file(8 * PAGE) };
        trial.seal(ends[sealed]);
        const outcome = await actor.run('dedupe', ends.source, ends.destination, 8 * PAGE);
        // The kernel answers for each destination, for a seal of either end. The thread of the seal does not ask the
        // kernel.
        const isAsked = trial.level === 'kernel' && actor.name !== 'the same thread';
        if (sealed === 'source' && !isAsked) expectRefused(outcome, 'ETXTBSY');
        else expect(expectDone(outcome)).toEqual({ bytes: 0, status: ETXTBSY });
        await trial.expectHeld();
        trial.unseal();
        expect(expectDone(await actor.run('dedupe', ends.source, ends.destination, 8 * PAGE))).toEqual({
          bytes: 8 * PAGE,
          status: 0,
        });
      }
    },
  },
  {
    rule: 17,
    title: 'copyRange from a sealed file copies and never clones; into a sealed file it may only what a write may',
    levels: notLease,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      const other = place.file(LENGTH);
      fs.writeFileSync(other, Buffer.alloc(LENGTH, BYTE));
      const copy = place.sparse(0);
      trial.seal(path);
      expect(expectDone(await actor.run('copyRange', path, 0, copy, 0, LENGTH))).toBe(LENGTH);
      expectWatermark(copy);
      expect(extents(path).flatMap(({ flags }) => flags)).not.toContain('shared');
      await trial.expectHeld();
      expectRefused(await actor.run('copyRange', other, 0, path, LENGTH - 1, 2), 'ETXTBSY');
      expectWatermark(path);
      expect(expectDone(await actor.run('copyRange', other, 0, path, PAGE, PAGE))).toBe(PAGE);
      expect(fs.readFileSync(path)[PAGE]).toBe(BYTE);
      await trial.expectHeld();
      trial.unseal();
      expect(expectDone(await actor.run('copyRange', other, 0, path, LENGTH - 1, 2))).toBe(2);
    },
  },
  {
    rule: 18,
    title: 'read, fsync, msync, fstat, FIEMAP, chmod, utimes, rename and link succeed',
    levels: notLease,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      trial.seal(path);
      expect(expectDone(await trial.actor.run('harmless', path))).toMatchObject({ bytes: LENGTH });
      expectDone(await trial.actor.run('harmlessByPath', path));
      await trial.expectHeld();
    },
  },
  {
    rule: 18,
    title: 'stat, chmod, utimes, rename and link break no lease',
    levels: lease,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      trial.seal(path);
      expectDone(await trial.actor.run('harmlessByPath', path));
      await trial.expectHeld();
    },
  },
  {
    rule: 19,
    title: 'unlink succeeds; the seal stays with the inode',
    levels: notLease,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      expectDone(await actor.run('keepOpen', path));
      trial.seal(path);
      expectDone(await actor.run('unlink', path));
      expectRefused(await actor.run('ftruncateKept', 1), 'ETXTBSY');
      await trial.expectHeld();
      trial.unseal();
      expectDone(await actor.run('ftruncateKept', 1));
    },
  },
  {
    rule: 19,
    title: 'unlink succeeds; the other name of the inode is sealed',
    levels: lease,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      const other = place.path('link');
      fs.linkSync(path, other);
      trial.seal(path);
      expectDone(await actor.run('unlink', path));
      expectRefused(await actor.run('truncate', other, 1), 'ETXTBSY');
      expect(expectDone(await actor.run('isSealed', other))).toBe(true);
      await trial.expectHeld();
      trial.unseal();
      expectDone(await actor.run('truncate', other, 1));
    },
  },
  {
    rule: 20,
    title: 'the sealer is refused, too; under exclusive its thread is allowed, and all others are refused',
    levels: both,
    body: async (trial) => {
      const { place, actor, level } = trial;
      const path = place.file(LENGTH);
      expectDone(await actor.run('seal', path, { enforcement: level }));
      expectRefused(await actor.run('truncate', path, 1), 'ETXTBSY');
      expectRefused(await actor.run('resizeKept', LENGTH + PAGE), 'ETXTBSY');
      expectDone(await actor.run('release'));
      expectDone(await actor.run('seal', path, { enforcement: level, policy: 'exclusive' }));
      // Beside a lease there is no other open of the file: the owner changes it through its mapping.
      if (level === 'advisory') expectDone(await actor.run('truncate', path, 2 * PAGE));
      expectDone(await actor.run('resizeKept', LENGTH + PAGE));
      expect(fs.statSync(path).size).toBe(LENGTH + PAGE);
      if (actor.name !== 'the same thread') expectRefused(await trial.main('truncate', path, 1), 'ETXTBSY');
      expectDone(await actor.run('release'));
      expectDone(await trial.main('truncate', path, 1));
    },
  },
  {
    rule: 21,
    title: 'outside of the mapped range, by another name and by an earlier descriptor: refused',
    levels: notLease,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      const other = place.path('link');
      fs.linkSync(path, other);
      expectDone(await actor.run('keepOpen', other));
      trial.mapSealed(path, { offset: PAGE, length: PAGE });
      const flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
      expectRefused(await actor.run('fallocate', path, flags, 4 * PAGE, PAGE), 'ETXTBSY');
      expectRefused(await actor.run('truncate', other, LENGTH - 1), 'ETXTBSY');
      expectRefused(await actor.run('ftruncateKept', LENGTH - 1), 'ETXTBSY');
      await trial.expectHeld();
      trial.unseal();
      expectDone(await actor.run('fallocate', path, flags, 4 * PAGE, PAGE));
      expectDone(await actor.run('ftruncateKept', LENGTH - 1));
    },
  },
  {
    rule: 21,
    title: 'outside of the mapped range, and by another name: refused',
    levels: lease,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      const other = place.path('link');
      fs.linkSync(path, other);
      trial.mapSealed(path, { length: PAGE });
      expect([seals.isSealed(other), expectDone(await actor.run('isSealed', other))]).toEqual([true, true]);
      expectRefused(await actor.run('truncate', other, LENGTH - 1), 'ETXTBSY');
      await trial.expectHeld();
      trial.unseal();
      expectDone(await actor.run('truncate', other, LENGTH - 1));
    },
  },
];
