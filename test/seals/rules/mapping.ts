import { expect } from '@jest/globals';
import fs from 'node:fs';
import { anonymous, constants, extents, mmap, seals } from '../../../lib/index.js';
import { thrown } from '../../support/errors.js';
import { watermark } from '../../support/watermark.js';
import {
  advisory,
  both,
  expectDone,
  expectRefused,
  expectWatermark,
  LENGTH,
  noReflink,
  PAGE,
  type Rule,
} from './rule.js';

const { FALLOC_FL_KEEP_SIZE, MAP_SHARED_VALIDATE, PROT_READ, PROT_WRITE } = constants;
const MAP_SYNC = 0x80000;
const MAP_32BIT = 0x40;

/** Rules 1 to 7: the actor is the sealer. */
export const mappingRules: readonly Rule[] = [
  {
    rule: 1,
    title: 'direct without write access, or on a descriptor that is not O_RDWR: EACCES',
    levels: advisory,
    body: async ({ place, actor }) => {
      const path = place.file(LENGTH);
      for (const direct of ['auto', 'require'] as const)
        expectRefused(await actor.run('map', path, { access: 'read', direct }), 'EACCES');
      for (const flags of ['r', 'a'])
        expectRefused(await actor.run('mapDescriptor', path, flags, { direct: 'require' }), 'EACCES');
      expect(seals.isSealed(path)).toBe(false);
      expect(expectDone(await actor.run('mapDescriptor', path, 'r+', { direct: 'require' }))).toMatchObject([
        { state: 'held' },
      ]);
      expect(seals.isSealed(path)).toBe(true);
    },
  },
  {
    rule: 2,
    title: 'anonymous and private: EINVAL',
    levels: both,
    body: async ({ place, actor, level }) => {
      const path = place.file(LENGTH);
      using memory = anonymous(LENGTH);
      expect(thrown(() => memory.seal({ enforcement: level }))).toMatchObject({ code: 'EINVAL', syscall: 'seal' });
      for (const direct of ['auto', 'require', { enforcement: level }] as const)
        expectRefused(await actor.run('map', path, { access: 'copy', direct }), 'EINVAL');
      expect(seals.isSealed(path)).toBe(false);
      expectDone(await actor.run('map', path, { direct: { enforcement: level } }));
    },
  },
  {
    rule: 3,
    title: 'an unknown flag: EOPNOTSUPP; the bits that MAP_DIRECT had are never passed; enforcement kernel: EOPNOTSUPP',
    levels: advisory,
    body: async ({ place, actor }) => {
      const path = place.file(LENGTH);
      const fd = fs.openSync(path, 'r+');
      try {
        expect(thrown(() => mmap(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | 0x200000, fd))).toMatchObject({
          code: 'EOPNOTSUPP',
          syscall: 'mmap',
        });
      } finally {
        fs.closeSync(fd);
      }
      expectRefused(await actor.run('map', path, { direct: { enforcement: 'kernel' } }), 'EOPNOTSUPP');
      expectRefused(await actor.run('seal', path, { enforcement: 'kernel' }), 'EOPNOTSUPP');
      expect(seals.isSealed(path)).toBe(false);
      const flags = expectDone(await actor.run('flagsOf', path, { direct: 'require', sync: 'off' })) as number;
      expect(flags & (MAP_32BIT | MAP_SYNC)).toBe(0);
    },
  },
  {
    rule: 4,
    title: 'a known file system is sealed, and the report says what it cannot verify',
    levels: both,
    body: async ({ place, actor, level }) => {
      const path = place.file(LENGTH);
      const [seal] = expectDone(await actor.run('seal', path, { enforcement: level })) as [
        { enforcement: string; extents: { flags: string[] }[] },
      ];
      expect(seal.enforcement).toBe(level);
      expect(seal.extents.map(({ flags }) => flags)).toEqual(
        seal.extents.map(() => (place.verifiable ? [] : ['unknown'])),
      );
    },
  },
  {
    rule: 5,
    title: 'the first mapping seals, the second is counted, one that fails changes nothing',
    levels: both,
    body: async ({ place, actor, level }) => {
      const path = place.file(LENGTH);
      const holey = place.sparse(LENGTH);
      expectRefused(await actor.run('seal', holey, { enforcement: level, prepare: 'verify' }), 'ETXTBSY');
      expect([seals.isSealed(holey), expectDone(await actor.run('holders'))]).toEqual([false, []]);
      expectDone(await actor.run('seal', path, { enforcement: level }));
      expect(expectDone(await actor.run('holders'))).toEqual([1]);
      expectDone(await actor.run('sealAgain', { enforcement: level }));
      expect(expectDone(await actor.run('holders'))).toEqual([2]);
      expectRefused(await actor.run('sealAgain', { policy: 'exclusive' }), 'EBUSY');
      expect([seals.isSealed(path), expectDone(await actor.run('holders'))]).toEqual([true, [2]]);
      expectDone(await actor.run('release'));
      expect([seals.isSealed(path), expectDone(await actor.run('holders'))]).toEqual([false, []]);
    },
  },
  {
    rule: 6,
    title: 'holes and unwritten extents become written, and not a byte changes',
    levels: both,
    body: async ({ place, actor, level }) => {
      const path = place.sparse(LENGTH);
      const content = Buffer.alloc(LENGTH);
      watermark(0, 1000).copy(content, PAGE);
      const fd = fs.openSync(path, 'r+');
      fs.writeSync(fd, content, PAGE, 1000, PAGE);
      fs.closeSync(fd);
      expectDone(await actor.run('fallocate', path, FALLOC_FL_KEEP_SIZE, 3 * PAGE, PAGE));
      const before = extents(path).flatMap(({ flags }) => flags);
      expect(before).toContain('hole');
      expectRefused(await actor.run('seal', path, { enforcement: level, prepare: 'verify' }), 'ETXTBSY');
      expect(extents(path).flatMap(({ flags }) => flags)).toContain('hole');
      expectDone(await actor.run('seal', path, { enforcement: level }));
      expectDone(await actor.run('release'));
      const flags = new Set(extents(path).flatMap((extent) => extent.flags));
      expect([...flags]).toEqual(place.verifiable ? [] : ['unknown']);
      expect(fs.readFileSync(path).equals(content)).toBe(true);
    },
  },
  {
    rule: 6,
    title: 'blocks that are shared become its own, where the file system can do that without a store',
    levels: both,
    notHere: noReflink,
    body: async ({ place, actor, level }) => {
      const path = place.file(LENGTH);
      const copy = place.path('clone');
      expectDone(await actor.run('clone', path, copy));
      expect(extents(path).flatMap(({ flags }) => flags)).toContain('shared');
      expectRefused(await actor.run('seal', path, { enforcement: level, prepare: 'verify' }), 'ETXTBSY');
      const sealed = await actor.run('seal', path, { enforcement: level });
      if (place.unshares) expectDone(sealed);
      else expectRefused(sealed, 'ETXTBSY');
      expect(expectDone(await actor.run('isSealed', path))).toBe(place.unshares);
      expectDone(await actor.run('release'));
      expect(extents(path).some(({ flags }) => flags.includes('shared'))).toBe(!place.unshares);
      expectWatermark(path);
      expectWatermark(copy);
    },
  },
  {
    rule: 7,
    title: 'length 0, an offset within a page, a range past the end: refused, not sealed',
    levels: both,
    body: async ({ place, actor, level }) => {
      const path = place.file(LENGTH);
      const empty = place.sparse(0);
      const direct = { enforcement: level };
      expectRefused(await actor.run('map', empty, { direct }), 'EINVAL');
      expectRefused(await actor.run('map', path, { direct, offset: 1 }), 'EINVAL');
      expect(await actor.run('map', path, { direct, length: 0 })).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
      expect(await actor.run('map', path, { direct, offset: PAGE, length: LENGTH })).toMatchObject({
        code: 'ERR_OUT_OF_RANGE',
      });
      expect([seals.isSealed(empty), seals.isSealed(path)]).toEqual([false, false]);
      expectDone(await actor.run('map', path, { direct, offset: PAGE, length: LENGTH - PAGE }));
      expectDone(await actor.run('release'));
    },
  },
];
