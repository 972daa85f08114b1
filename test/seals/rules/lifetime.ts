import { expect } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { seals } from '../../../lib/index.js';
import { thrown } from '../../support/errors.js';
import type { Outcome } from '../../support/actor-message.js';
import type { Actor } from '../../support/actors.js';
import { Witness } from '../../support/witness.js';
import { run } from '../../support/file-system-under-test.js';
import {
  advisory,
  both,
  eventually,
  expectDone,
  expectRefused,
  expectWatermark,
  LENGTH,
  PAGE,
  type Rule,
  type Trial,
} from './rule.js';

const RACE_MS = 300;
// In one round not everything that can happen need be seen; on a slow machine an operation takes longer than a short
// seal.
const HOLD_MS = [2, 2, 4, 8, 16, 32, 64, 64, 64, 64];

/** One actor seals and releases all the time, another one truncates all the time. */
async function race({ place, actor, main }: Trial, sealer: 'this thread' | 'the actor'): Promise<void> {
  const path = place.file(LENGTH);
  const witnessed = place.path('witness');
  Witness.prepare(witnessed);
  const remote: Actor['run'] = (action, ...args) => actor.run(action, ...args);
  const [seal, change] = sealer === 'this thread' ? [main, remote] : [remote, main];
  // The actor first: this thread is blocked while it does its own.
  const hammer = (): Promise<Outcome> => change('hammer', path, witnessed, [2 * PAGE, 4 * PAGE], RACE_MS);
  using witness = new Witness(witnessed);
  const seen = (): boolean[] => [
    witness.totals.sealed > 0,
    witness.totals['rightly refused'] > 0,
    witness.totals['succeeded unsealed'] > 0,
  ];
  for (const each of HOLD_MS) {
    if (!seen().includes(false)) break;
    const sealing = (): Promise<Outcome> => seal('sealRepeatedly', path, witnessed, RACE_MS, each);
    const running = (sealer === 'this thread' ? [hammer, sealing] : [sealing, hammer]).map((begin) => begin());
    for (const outcome of await Promise.all(running)) expect(expectDone(outcome) ?? []).toEqual([]);
  }
  expect(seen()).toEqual([true, true, true]);
}

const oneThread: Rule['notHere'] = (_place, actor) =>
  actor === 'the same thread' ? 'one thread does one thing at a time' : undefined;
const cannotDie: Rule['notHere'] = (_place, actor) =>
  actor === 'the same thread' ? 'the thread of the test cannot be killed' : undefined;

/** Rules 22 to 28. */
export const lifetimeRules: readonly Rule[] = [
  {
    rule: 22,
    title: 'closing every descriptor keeps the seal; the last unmapping drops it; a second close is harmless',
    levels: advisory,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      const fd = fs.openSync(path, 'r+');
      const mapping = trial.map(fd);
      trial.sealMapping(mapping);
      fs.closeSync(fd);
      expect(expectDone(await actor.run('isSealed', path))).toBe(true);
      expectRefused(await actor.run('truncate', path, 1), 'ETXTBSY');
      mapping.close();
      mapping.close();
      expect([expectDone(await actor.run('isSealed', path)), seals.list()]).toEqual([false, []]);
      expectDone(await actor.run('truncate', path, 1));
    },
  },
  {
    rule: 22,
    title: 'a seal that is released twice counts once',
    levels: both,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      const mapping = trial.map(path);
      const first = trial.sealMapping(mapping);
      const second = trial.sealMapping(mapping);
      for (let time = 0; time < 3; time++) first.release();
      expect([first.state, second.state, expectDone(await actor.run('isSealed', path))]).toEqual([
        'released',
        'held',
        true,
      ]);
      expectRefused(await actor.run('truncate', path, 1), 'ETXTBSY');
      second.release();
      expect([expectDone(await actor.run('isSealed', path)), seals.list()]).toEqual([false, []]);
      trial.unseal();
      expectDone(await actor.run('truncate', path, 1));
    },
  },
  {
    rule: 23,
    title: 'unmapping a part keeps it (the owner of an exclusive seal may)',
    levels: both,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      const mapping = trial.map(path);
      const seal = trial.sealMapping(mapping, { policy: 'exclusive' });
      mapping.resize(PAGE);
      expect([mapping.length, seal.state, fs.statSync(path).size]).toEqual([PAGE, 'held', LENGTH]);
      expect(expectDone(await actor.run('isSealed', path))).toBe(true);
      if (actor.name !== 'the same thread') expectRefused(await actor.run('truncate', path, 1), 'ETXTBSY');
      trial.unseal();
      expect(expectDone(await actor.run('isSealed', path))).toBe(false);
    },
  },
  {
    rule: 24,
    title: 'two mappings of two sealers, one unmapped: still sealed',
    levels: advisory,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      trial.seal(path);
      expectDone(await actor.run('seal', path));
      trial.unseal();
      expect([seals.isSealed(path), expectDone(await actor.run('isSealed', path))]).toEqual([true, true]);
      expectRefused(await trial.main('truncate', path, 1), 'ETXTBSY');
      trial.seal(path);
      expectDone(await actor.run('release'));
      expect([seals.isSealed(path), expectDone(await actor.run('isSealed', path))]).toEqual([true, true]);
      expectRefused(await actor.run('truncate', path, 1), 'ETXTBSY');
      trial.unseal();
      expect([seals.isSealed(path), expectDone(await actor.run('isSealed', path))]).toEqual([false, false]);
      expectDone(await actor.run('truncate', path, 1));
    },
  },
  {
    rule: 25,
    title: 'seen at once, both ways; death drops it',
    levels: both,
    notHere: cannotDie,
    body: async (trial) => {
      const { place, actor, level } = trial;
      const path = place.file(LENGTH);
      trial.seal(path);
      expect(expectDone(await actor.run('isSealed', path))).toBe(true);
      trial.unseal();
      expect(expectDone(await actor.run('isSealed', path))).toBe(false);
      const victim = trial.another();
      expectDone(await victim.run('seal', path, { enforcement: level }));
      expect(seals.isSealed(path)).toBe(true);
      expectRefused(await trial.main('truncate', path, 1), 'ETXTBSY');
      await victim.kill();
      await eventually('the file is not sealed any more', () => !seals.isSealed(path));
      expectWatermark(path);
      expectDone(await trial.main('truncate', path, 1));
      trial.seal(path);
    },
  },
  {
    rule: 26,
    title: 'while the memory is held (a pin) it cannot be unmapped, and stays sealed',
    levels: both,
    body: async (trial) => {
      const { place, actor } = trial;
      const path = place.file(LENGTH);
      const mapping = trial.map(path);
      trial.sealMapping(mapping);
      const pin = mapping.pin();
      expect(thrown(() => mapping.close()).code).toBe('EBUSY');
      expect(expectDone(await actor.run('isSealed', path))).toBe(true);
      pin.release();
      mapping.close();
      expect(expectDone(await actor.run('isSealed', path))).toBe(false);
    },
  },
  {
    rule: 27,
    title: 'mounted anew after a kill, the file is not sealed, and no byte of it tells that it was',
    levels: advisory,
    notHere: ({ mount, kind, name }, actor) => {
      if (mount === undefined || kind === 'tmpfs') return `${name} cannot be mounted anew with its files`;
      return actor === 'another process' ? undefined : 'the file system is in use as long as this process is';
    },
    body: async (trial) => {
      const { place } = trial;
      const { mount } = place;
      if (mount === undefined) return;
      const path = place.file(LENGTH);
      const before = fs.statSync(path);
      const attributes = spawnSync('lsattr', [path], { encoding: 'utf8' }).stdout;
      const victim = trial.another();
      expectDone(await victim.run('seal', path));
      await victim.kill();
      run('umount', mount.dir);
      run('mount', '-o', 'loop', mount.image, mount.dir);
      const after = fs.statSync(path);
      expect([after.size, after.mode, after.blocks]).toEqual([before.size, before.mode, before.blocks]);
      expect(spawnSync('lsattr', [path], { encoding: 'utf8' }).stdout).toBe(attributes);
      expectWatermark(path);
      expect(seals.isSealed(path)).toBe(false);
      expectDone(await trial.main('truncate', path, 1));
    },
  },
  {
    rule: 28,
    title: 'taking and dropping are atomic: this thread seals, the actor changes',
    levels: advisory,
    notHere: oneThread,
    body: (trial) => race(trial, 'this thread'),
  },
  {
    rule: 28,
    title: 'taking and dropping are atomic: the actor seals, this thread changes',
    levels: advisory,
    notHere: oneThread,
    body: (trial) => race(trial, 'the actor'),
  },
];
