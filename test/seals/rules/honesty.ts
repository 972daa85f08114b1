import { expect } from '@jest/globals';
import { map, seals, type Extent } from '../../../lib/index.js';
import { onDax } from '../../support/expected-granularity.js';
import { advisory, eventually, expectDone, expectRefused, LENGTH, lease, PAGE, type Rule } from './rule.js';

/** Rules 33 to 36. */
export const honestyRules: readonly Rule[] = [
  {
    rule: 33,
    title: 'a lease is claimed when it was granted: not beside another open of the file',
    levels: lease,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      expectDone(await actor.run('keepOpen', path));
      const mapping = trial.map(path);
      let refused: unknown;
      try {
        mapping.seal({ enforcement: 'lease' });
      } catch (error) {
        refused = error;
      }
      expect(refused).toMatchObject({ code: 'EAGAIN', errno: -11, path });
      expect([seals.isSealed(path), mapping.seals.length]).toEqual([false, 0]);
      expect(mapping.seal().enforcement).toBe('advisory');
      trial.unseal();
      expectDone(await actor.run('release'));
      trial.seal(path);
    },
  },
  {
    rule: 33,
    title: 'a seal without a lease says advisory',
    levels: advisory,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      expect(expectDone(await trial.actor.run('seal', path))).toMatchObject([{ enforcement: 'advisory' }]);
    },
  },
  {
    rule: 34,
    title: "a stranger's truncation is reported, with the extents that it moved",
    levels: advisory,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      const seal = trial.seal(path);
      const heard: Extent[][] = [];
      seal.on('violated', ({ moved }) => heard.push(moved));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect([seal.state, heard]).toEqual(['held', []]);
      expectDone(await trial.actor.run('strangersTruncate', path, 2 * PAGE));
      await eventually("the event 'violated'", () => heard.length > 0);
      const gone = { offset: 2 * PAGE, length: LENGTH - 2 * PAGE, flags: ['hole'] };
      expect([heard, seal.verify()]).toEqual([[[gone]], { state: 'violated', moved: [gone] }]);
      expectRefused(await trial.actor.run('truncate', path, 1), 'ETXTBSY');
    },
  },
  {
    rule: 35,
    title: 'sync: require without MAP_SYNC is an error and not sealed; auto tells the granularity',
    levels: advisory,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      const required = await actor.run('map', path, { sync: 'require', direct: 'require' });
      if (onDax) expectDone(required);
      else expectRefused(required, 'EOPNOTSUPP');
      expect(seals.isSealed(path)).toBe(onDax);
      expectDone(await actor.run('release'));
      using mapping = map(path, { sync: 'auto', direct: 'require' });
      expect([mapping.durability.mapSync, mapping.durability.granularity === 'page', mapping.seals.length]).toEqual([
        onDax,
        !onDax,
        1,
      ]);
    },
  },
];
