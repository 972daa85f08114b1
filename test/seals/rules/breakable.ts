import { expect } from '@jest/globals';
import fs from 'node:fs';
import { seals, type BreakNotice, type Mapping, type Seal } from '../../../lib/index.js';
import { thrown } from '../../support/errors.js';
import {
  advisory,
  both,
  eventually,
  expectDone,
  expectRefused,
  expectWatermark,
  LENGTH,
  lease,
  PAGE,
  type Rule,
  type Trial,
} from './rule.js';

const LONG_MS = 600_000; // longer than the limit of the test: a test that waited for it would fail
const SHORT_MS = 50;

export const notAsked: Rule['notHere'] = (_place, actor) =>
  actor === 'the same thread' ? undefined : 'without a lease another thread or process cannot be asked: rule 32';
export const rings: Rule['notHere'] = (_place, actor) =>
  actor === 'the same thread' ? 'a thread asks its own registry, and breaks no lease' : undefined;

function isMapped(path: string): boolean {
  return fs.readFileSync('/proc/self/maps', 'latin1').includes(path);
}

function breakable(
  trial: Trial,
  path: string,
  deadline: number,
): { mapping: Mapping; seal: Seal; notices: BreakNotice[] } {
  const mapping = trial.map(path);
  const seal = trial.sealMapping(mapping, { policy: 'breakable', deadline });
  const notices: BreakNotice[] = [];
  seal.on('break', (notice) => notices.push(notice));
  return { mapping, seal, notices };
}

async function expectFenced(trial: Trial, path: string, ask: () => Promise<void>): Promise<void> {
  const { mapping, seal } = breakable(trial, path, SHORT_MS);
  const { buffer } = mapping;
  expect(isMapped(path)).toBe(true);
  const faults: unknown[] = [];
  let broken = 0;
  mapping.on('fault', (fault) => faults.push(fault));
  seal.on('broken', () => broken++);
  await ask();
  // The notice of the lease and the answer of another thread come in either order.
  await eventually('the seal is broken', () => seal.state === 'broken');
  expect([seal.state, broken, mapping.faulted, buffer.length, seals.isSealed(path)]).toEqual([
    'broken',
    1,
    true,
    0,
    false,
  ]);
  expect(faults).toEqual([{ offset: 0, length: LENGTH, reason: 'fenced' }]);
  buffer[0] = 1;
  expect(isMapped(path)).toBe(false); // a raw pointer finds something else there
  for (const use of [
    () => mapping.buffer,
    () => mapping.view(0, 1),
    () => mapping.persist(),
    () => mapping.fill(1),
    () => mapping.write(Buffer.from('x'), 0),
    () => mapping.seal(),
  ]) {
    expect(thrown(use).code).toBe('ERR_MAPPING_FAULT');
  }
  expectWatermark(path);
  expectDone(await trial.main('truncate', path, PAGE));
  expectDone(await trial.actor.run('truncate', path, 1));
  trial.unseal();
}

async function fencedOnRequest(trial: Trial): Promise<void> {
  const path = trial.place.file(LENGTH);
  await expectFenced(trial, path, async () => void expectDone(await trial.actor.run('requestBreak', path)));
}

/** Rules 29 to 32: this thread has sealed, the actor asks. */
export const breakableRules: readonly Rule[] = [
  {
    rule: 29,
    title: 'a request gives each holder one notice; when all have released, it is done',
    levels: advisory,
    notHere: notAsked,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      const first = breakable(trial, path, LONG_MS);
      const second = breakable(trial, path, LONG_MS);
      let done = false;
      const asked = trial.actor.run('requestBreak', path).then((outcome) => {
        done = true;
        return outcome;
      });
      await new Promise(setImmediate);
      expect([first.notices.length, second.notices.length, first.seal.state, done]).toEqual([1, 1, 'breaking', false]);
      expectRefused(await trial.actor.run('truncate', path, 1), 'ETXTBSY'); // an operation never breaks a seal by itself
      first.notices[0]?.release();
      await new Promise(setImmediate);
      expect([done, seals.isSealed(path)]).toEqual([false, true]);
      second.seal.release();
      expectDone(await asked);
      expect([seals.isSealed(path), first.mapping.faulted, second.mapping.faulted]).toEqual([false, false, false]);
      expectDone(await trial.actor.run('truncate', path, 1));
    },
  },
  {
    rule: 29,
    title: 'another thread or process breaks the lease; the holder releases, and the request is done',
    levels: lease,
    notHere: rings,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      const { seal, mapping, notices } = breakable(trial, path, LONG_MS);
      seal.on('break', ({ release }) => release());
      expectDone(await trial.actor.run('requestBreak', path));
      expect([notices.length, seal.state, mapping.faulted, seals.isSealed(path)]).toEqual([
        1,
        'released',
        false,
        false,
      ]);
      trial.unseal();
      expectDone(await trial.actor.run('truncate', path, 1));
    },
  },
  {
    rule: 30,
    title: 'a second request joins the first, with the earlier deadline; the holder cannot cancel',
    levels: advisory,
    notHere: notAsked,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      const { seal, mapping, notices } = breakable(trial, path, LONG_MS);
      const patient = trial.actor.run('requestBreak', path, LONG_MS);
      const hasty = trial.actor.run('requestBreak', path, SHORT_MS);
      expectDone(await patient);
      expectDone(await hasty);
      expect([notices.length, seal.state, mapping.faulted]).toEqual([1, 'broken', true]);
    },
  },
  {
    rule: 31,
    title: 'at the deadline the mapping is fenced: no access reaches the file, every method throws',
    levels: advisory,
    notHere: notAsked,
    body: fencedOnRequest,
  },
  {
    rule: 31,
    title: 'at the deadline the mapping is fenced, also for another thread or process',
    levels: lease,
    notHere: rings,
    body: fencedOnRequest,
  },
  {
    rule: 32,
    title: 'a seal that cannot be broken, or one beside it: ETXTBSY at once',
    levels: both,
    body: async (trial) => {
      const { place, actor } = trial;
      for (const policy of ['refuse', 'exclusive'] as const) {
        const path = place.file(LENGTH);
        const seal = trial.seal(path, { policy, deadline: LONG_MS });
        expectRefused(await actor.run('requestBreak', path), 'ETXTBSY');
        expect(seal.state).toBe('held');
        await trial.expectHeld();
        trial.unseal();
        expectDone(await actor.run('requestBreak', path)); // nothing to break
      }
      const path = place.file(LENGTH);
      const { mapping, seal } = breakable(trial, path, LONG_MS);
      trial.sealMapping(mapping, { policy: 'refuse' });
      expectRefused(await trial.main('requestBreak', path), 'ETXTBSY');
      expect(seal.state).toBe('held');
    },
  },
  {
    rule: 32,
    title: 'another thread or process cannot ask a breakable seal that has no lease: ETXTBSY',
    levels: advisory,
    notHere: rings,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      const { seal } = breakable(trial, path, LONG_MS);
      expectRefused(await trial.actor.run('requestBreak', path), 'ETXTBSY');
      expect(seal.state).toBe('held');
    },
  },
];
