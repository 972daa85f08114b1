import { expect } from '@jest/globals';
import { ftruncateSync, readdirSync, readlinkSync } from 'node:fs';
import {
  seals,
  stats,
  type Mapping,
  type Registration,
  type RegistrationDomain,
  type Seal,
  type SealOptions,
} from '../../../lib/index.js';
import { PROVIDER, type RegistrationProvider } from '../../../lib/registration/provider.js';
import { rehearsed } from '../../registration/rehearsed.js';
import type { Outcome } from '../../support/actor-message.js';
import { thrown } from '../../support/errors.js';
import { notAsked, rings } from './breakable.js';
import {
  advisory,
  all,
  eventually,
  expectDone,
  expectRefused,
  LENGTH,
  lease,
  PAGE,
  type Rule,
  type Trial,
} from './rule.js';

const LONG_MS = 600_000; // longer than the limit of the test
const SHORT_MS = 50;

const BREAK = ['registration: break', 'seal: break'] as const;
const BROKEN = ['registration: fenced, broken', 'seal: broken'] as const;
const VIOLATED = ['registration: fenced, violated', 'seal: violated, moved'] as const;
const UNFENCED = 'seal: violated, unfenced';

interface Registered {
  readonly path: string;
  readonly mapping: Mapping;
  readonly seal: Seal;
  readonly registration: Registration;
  /** The events of the registration and of its seal, in order. */
  readonly heard: string[];
}

/** A file of the place, sealed at the level of the trial, and registered. */
function registered(trial: Trial, terms: SealOptions = {}, domain?: RegistrationDomain): Registered {
  const path = trial.place.file(LENGTH);
  const mapping = trial.mapSealed(path, {}, terms);
  const [seal] = mapping.seals as [Seal];
  const registration = mapping.register({ domain });
  expect([registration.seal, registration.valid]).toEqual([seal, true]);
  const heard: string[] = [];
  registration.on('break', () => heard.push('registration: break'));
  registration.on('fenced', ({ reason }) => heard.push(`registration: fenced, ${reason}`));
  seal.on('break', () => heard.push('seal: break'));
  seal.on('broken', () => heard.push('seal: broken'));
  seal.on('violated', ({ reason }) => heard.push(`seal: violated, ${reason ?? 'moved'}`));
  return { path, mapping, seal, registration, heard };
}

/** A stranger who waits for the lease. The thread that has it must not wait for itself. */
const waitsForLease: Rule['notHere'] = (_place, actor) =>
  actor === 'the same thread' ? 'the thread that has a lease must not wait for it' : undefined;

function expectEnded({ path, registration }: Registered): void {
  expect([registration.valid, stats().registrations]).toEqual([false, 0]);
  expect(seals.isSealed(path)).toBe(false);
}

/** This process's descriptor of the file. */
function descriptorOf(path: string): number {
  const found = readdirSync('/proc/self/fd').find((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // that of the directory itself
    }
  });
  if (found === undefined) throw new Error(`no descriptor of ${path}`);
  return Number(found);
}

/** Without the notices before the deadline of a lease: a busy thread hears them late, or not at all. */
function ends(heard: readonly string[]): string[] {
  return heard.filter((event) => !event.endsWith(': break'));
}

async function isFencedFirst(trial: Trial): Promise<void> {
  const registration = registered(trial, { policy: 'breakable', deadline: SHORT_MS });
  const { path, mapping, seal, heard } = registration;
  expectDone(await trial.actor.run('requestBreak', path));
  await eventually('the seal is broken', () => seal.state === 'broken');
  expect(ends(heard)).toEqual(BROKEN);
  expect(mapping.faulted).toBe(true);
  expectEnded(registration);
}

async function isReported(trial: Trial, truncate: (path: string) => Promise<void>): Promise<void> {
  const { path, registration, heard } = registered(trial);
  await truncate(path);
  await eventually("the event 'violated'", () => heard.length === VIOLATED.length);
  expect([heard, registration.valid, stats().registrations]).toEqual([VIOLATED, false, 0]);
}

/** The actor is let in at the deadline of a lease, after the provider has confirmed at its third attempt. */
async function waitsForProvider(trial: Trial, terms: SealOptions, action: 'requestBreak' | 'strangers'): Promise<void> {
  const registration = registered(trial, { deadline: SHORT_MS, ...terms }, rehearsed({ failures: 2 }));
  const { path, seal, heard } = registration;
  const entered = action === 'requestBreak' ? trial.actor.run('requestBreak', path) : strangersTruncate(trial, path);
  expectDone(await entered);
  await eventually('the seal is broken', () => seal.state === 'broken');
  expect(heard.filter((event) => event === UNFENCED)).toHaveLength(1);
  expect(ends(heard).filter((event) => event !== UNFENCED)).toEqual(BROKEN);
  expectEnded(registration);
}

function strangersTruncate(trial: Trial, path: string): Promise<Outcome> {
  return trial.actor.run('strangersTruncate', path, PAGE);
}

/** The rules that are about registrations. This thread has sealed and registered. */
export const registrationRules: readonly Rule[] = [
  {
    rule: 26,
    title: 'registered memory cannot be unmapped, and stays sealed',
    levels: all,
    body: async (trial) => {
      const { path, mapping, seal, registration } = registered(trial);
      expect(thrown(() => mapping.close()).code).toBe('EBUSY');
      await expect(mapping.closeAsync()).rejects.toMatchObject({ code: 'EBUSY' });
      expect(thrown(() => mapping.resize(PAGE)).code).toBe('EBUSY');
      expect(thrown(() => seal.release()).code).toBe('EBUSY');
      expectRefused(await trial.actor.run('truncate', path, PAGE), 'ETXTBSY');
      expect(registration.valid).toBe(true);
      registration.deregister();
      await trial.expectHeld();
      trial.unseal();
      expectDone(await trial.actor.run('truncate', path, PAGE));
    },
  },
  {
    rule: 29,
    title: 'a request gives each registration one notice; when it and the seal have released, it is done',
    levels: advisory,
    notHere: notAsked,
    body: (trial) => releasesInTime(trial),
  },
  {
    rule: 29,
    title: 'another thread or process breaks the lease: each registration has one notice, and releases',
    levels: lease,
    notHere: rings,
    body: (trial) => releasesInTime(trial),
  },
  {
    rule: 30,
    title: 'a second request joins the first, and the registration has one notice',
    levels: advisory,
    notHere: notAsked,
    body: async (trial) => {
      const registration = registered(trial, { policy: 'breakable', deadline: LONG_MS });
      const patient = trial.actor.run('requestBreak', registration.path, LONG_MS);
      expectDone(await trial.actor.run('requestBreak', registration.path, SHORT_MS));
      expectDone(await patient);
      expect(registration.heard).toEqual([...BREAK, ...BROKEN]);
      expectEnded(registration);
    },
  },
  {
    rule: 31,
    title: 'at the deadline the registration ends first, then the mapping is fenced',
    levels: advisory,
    notHere: notAsked,
    body: isFencedFirst,
  },
  {
    rule: 31,
    title: 'at the deadline the registration ends first, also for another thread or process',
    levels: lease,
    notHere: rings,
    body: isFencedFirst,
  },
  {
    rule: 34,
    title: "a stranger's truncation ends the registration",
    levels: advisory,
    body: (trial) =>
      isReported(trial, async (path) => void expectDone(await trial.actor.run('strangersTruncate', path, PAGE))),
  },
  {
    rule: 34,
    title: 'a truncation by a descriptor that is open already, which breaks no lease, ends the registration',
    levels: lease,
    notHere: (_place, actor) =>
      actor === 'the same thread' ? undefined : 'beside a lease no other thread or process has a descriptor',
    body: (trial) => isReported(trial, async (path) => ftruncateSync(descriptorOf(path), PAGE)),
  },
  {
    rule: 36,
    title: 'memory that cannot be pinned is refused though it is sealed, and the seal stays',
    levels: all,
    body: async (trial) => {
      const path = trial.place.file(LENGTH);
      const mapping = trial.mapSealed(path, {});
      const refusal = Object.assign(new Error('no pin of DAX memory'), { code: 'EOPNOTSUPP' });
      const provider: RegistrationProvider = {
        name: 'verbs',
        register: () => {
          throw refusal;
        },
      };
      expect(thrown(() => mapping.register({ domain: { [PROVIDER]: provider } }))).toBe(refusal);
      expect(stats().registrations).toBe(0);
      await trial.expectHeld();
      expectRefused(await trial.actor.run('truncate', path, PAGE), 'ETXTBSY');
    },
  },
  {
    rule: 37,
    title: 'a provider that does not confirm: the request is refused, and the file stays sealed',
    levels: advisory,
    notHere: notAsked,
    body: async (trial) => {
      const terms = { policy: 'breakable', deadline: SHORT_MS } as const;
      const { path, mapping, seal, registration, heard } = registered(trial, terms, rehearsed({ failures: 2 }));
      expectRefused(await trial.actor.run('requestBreak', path), 'ETXTBSY');
      expect(heard).toEqual([...BREAK, UNFENCED]);
      expect([registration.valid, mapping.faulted, seals.isSealed(path)]).toEqual([false, false, true]);
      expect(thrown(() => registration.deregister()).code).toBe('EIO');
      registration.deregister();
      seal.release();
      expect([stats().registrations, seals.isSealed(path)]).toEqual([0, false]);
    },
  },
  {
    rule: 37,
    title: 'a provider that does not confirm: the request waits until it does',
    levels: lease,
    notHere: rings,
    body: (trial) => waitsForProvider(trial, { policy: 'breakable' }, 'requestBreak'),
  },
  ...(['refuse', 'exclusive'] as const).flatMap((policy): Rule[] => [
    {
      rule: 37,
      title: `policy ${policy}: a stranger who waits for the lease is let in after the registration has ended`,
      levels: lease,
      notHere: waitsForLease,
      body: async (trial) => {
        const registration = registered(trial, { policy, deadline: SHORT_MS });
        const { path, mapping, seal, heard } = registration;
        expectDone(await strangersTruncate(trial, path));
        expect(registration.registration.valid).toBe(false);
        await eventually('the seal is broken', () => seal.state === 'broken');
        expect(ends(heard)).toEqual(BROKEN);
        expect([mapping.closed, mapping.view(0, 1).length]).toEqual([false, 1]); // the pages stay
        expectEnded(registration);
      },
    },
    {
      rule: 37,
      title: `policy ${policy}: a stranger who waits for the lease waits for a provider that does not confirm`,
      levels: lease,
      notHere: waitsForLease,
      body: (trial) => waitsForProvider(trial, { policy }, 'strangers'),
    },
  ]),
];

async function releasesInTime(trial: Trial): Promise<void> {
  const registration = registered(trial, { policy: 'breakable', deadline: LONG_MS });
  const { path, mapping, seal, heard } = registration;
  registration.registration.on('break', ({ release }) => release());
  seal.on('break', ({ release }) => release());
  expectDone(await trial.actor.run('requestBreak', path));
  expect([heard, seal.state, mapping.faulted]).toEqual([BREAK, 'released', false]);
  expectEnded(registration);
}
