// The rules of seals.md that are about registrations, by their number, with provider 'lock' and with rehearsed ends.
import { afterEach, describe, expect, test } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { ftruncateSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import {
  anonymous,
  files,
  map,
  seals,
  stats,
  type Mapping,
  type MapOptions,
  type Registration,
  type Seal,
} from '../../lib/index.js';
import { PROVIDER } from '../../lib/registration/provider.js';
import { thrown } from '../support/errors.js';
import { registrationRefusals, registrationUses } from '../support/registration-members.js';
import { Scratch } from '../support/scratch.js';
import { rehearsed } from './rehearsed.js';

const SIZE = 65536;
const SHORT_MS = 20;
const LONG_MS = 600_000;
/** Of a provider: longer than this thread ever waits for its processor. */
const SLOW_MS = 3000;
const EBUSY = { code: 'EBUSY' };

const scratch = new Scratch();
const opened: Mapping[] = [];

function mapped(options?: MapOptions): Mapping {
  const mapping = map(scratch.file(SIZE), options);
  opened.push(mapping);
  return mapping;
}

afterEach(() => {
  for (const mapping of opened.splice(0)) mapping.close();
  expect(stats().registrations).toBe(0);
});

/** The names of the events of a registration and its seal, in order, each with a part of its argument. */
function eventsOf(registration: Registration, seal: Seal): string[] {
  const events: string[] = [];
  registration.on('break', () => events.push('registration: break'));
  registration.on('fenced', ({ reason }) => events.push(`registration: fenced, ${reason}`));
  for (const name of ['break', 'broken', 'weakened'] as const) seal.on(name, () => events.push(`seal: ${name}`));
  seal.on('violated', ({ reason }) => events.push(`seal: violated, ${reason ?? 'moved'}`));
  return events;
}

/** Of the pages of a mapping, as the kernel counts them. */
function lockedKilobytes({ address }: Mapping): number {
  const areas = readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const area = areas.find((text) => text.startsWith(`${address.toString(16)}-`));
  return Number(/^Locked: +(\d+) kB/m.exec(area ?? '')?.[1]);
}

const path = (mapping: Mapping): string => mapping.path as string;

describe('rule 26: a live registration holds the mapping', () => {
  test('close, closeAsync, resize and the release of its seal are EBUSY, and name it', async () => {
    const mapping = mapped();
    const registration = mapping.register({ offset: 4096, length: 100 });
    expect(thrown(() => mapping.close())).toMatchObject({ ...EBUSY, path: path(mapping) });
    expect(thrown(() => mapping.close()).message).toContain('100 bytes at 4096');
    await expect(mapping.closeAsync()).rejects.toMatchObject(EBUSY);
    expect(thrown(() => mapping.resize(SIZE * 2))).toMatchObject(EBUSY);
    expect(thrown(() => mapping.resize(4096))).toMatchObject(EBUSY);
    expect(thrown(() => registration.seal?.release())).toMatchObject(EBUSY);
    expect([mapping.closed, registration.valid, seals.isSealed(path(mapping))]).toEqual([false, true, true]);
    registration.deregister();
    registration.deregister();
    expect([registration.valid, seals.isSealed(path(mapping)), mapping.seals]).toEqual([false, false, []]);
  });

  test('the seal that register() took ends with the last registration', () => {
    const mapping = mapped();
    const [one, two] = [mapping.register({ length: 1 }), mapping.register()];
    expect([mapping.seals.length, stats().registrations]).toEqual([1, 2]);
    one.deregister();
    expect([two.valid, mapping.seals.length]).toEqual([true, 1]);
    two[Symbol.dispose]();
    expect(mapping.seals.length).toBe(0);
  });

  test("its pages are free at its end; those of a mapping with 'lock' stay locked", () => {
    for (const lock of [false, true]) {
      const mapping = mapped({ lock });
      mapping.register().deregister();
      expect(lockedKilobytes(mapping)).toBe(lock ? SIZE / 1024 : 0);
    }
  });

  test('a seal that was there stays', () => {
    const mapping = mapped();
    const seal = mapping.seal();
    const registration = mapping.register();
    expect(registration.seal).toBe(seal);
    registration.deregister();
    expect(seal.state).toBe('held');
  });

  test('memory without a file needs no seal', () => {
    const memory = anonymous(SIZE);
    opened.push(memory);
    const registration = memory.register();
    expect([registration.seal, registration.address]).toEqual([undefined, memory.address]);
    expect(thrown(() => memory.close())).toMatchObject(EBUSY);
    registration.deregister();
  });

  test('the owner of an exclusive seal gets the refusals of everybody', () => {
    const mapping = mapped();
    mapping.seal({ policy: 'exclusive' });
    files.truncate(path(mapping), SIZE);
    const registration = mapping.register();
    expect(thrown(() => files.truncate(path(mapping), SIZE))).toMatchObject({ code: 'ETXTBSY' });
    registration.deregister();
    files.truncate(path(mapping), SIZE);
  });
});

test('each member of a registration answers after its end, also after the end of the mapping', async () => {
  const mapping = mapped();
  const registration = mapping.register({ offset: 4096, length: 100 });
  const { address } = registration;
  registration.deregister();
  mapping.close();
  for (const use of Object.values(registrationUses)) use(registration);
  for (const use of Object.values(registrationRefusals)) {
    const call = async (): Promise<unknown> => use(registration);
    await expect(call()).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
  }
  expect(registration).toMatchObject({ address, length: 100, valid: false, provider: 'lock', onDemand: false });
});

describe('rule 29: a break request sends one notice to each holder and each registration', () => {
  test('first to the registrations, and the operation runs when all have released', async () => {
    const mapping = mapped();
    const seal = mapping.seal({ policy: 'breakable', deadline: LONG_MS });
    const registration = mapping.register();
    const events = eventsOf(registration, seal);
    seal.on('break', ({ release }) => {
      expect(thrown(release)).toMatchObject(EBUSY);
      registration.deregister();
      release();
    });
    await seals.requestBreak(path(mapping));
    expect(events).toEqual(['registration: break', 'seal: break']);
    expect([seal.state, mapping.faulted]).toEqual(['released', false]);
  });

  test('release() of the notice deregisters', async () => {
    const mapping = mapped();
    const seal = mapping.seal({ policy: 'breakable', deadline: LONG_MS });
    const registration = mapping.register();
    registration.on('break', ({ deadline, release }) => {
      expect(deadline).toBeLessThanOrEqual(LONG_MS);
      release();
      seal.release();
    });
    await seals.requestBreak(path(mapping));
    expect([registration.valid, seal.state]).toEqual([false, 'released']);
  });
});

test('rule 30: a second request joins the first, without a second notice', async () => {
  const mapping = mapped();
  const seal = mapping.seal({ policy: 'breakable', deadline: LONG_MS });
  const events = eventsOf(mapping.register(), seal);
  const first = seals.requestBreak(path(mapping));
  await seals.requestBreak(path(mapping), { deadline: SHORT_MS });
  await first;
  expect(events.filter((event) => event.endsWith('break'))).toEqual(['registration: break', 'seal: break']);
});

test('rule 31: at the deadline the registration goes first, then the Buffers, then the seal', async () => {
  const mapping = mapped();
  const seal = mapping.seal({ policy: 'breakable', deadline: SHORT_MS });
  const registration = mapping.register();
  const { buffer } = mapping;
  const events = eventsOf(registration, seal);
  const seen: unknown[] = [];
  registration.on('fenced', () => seen.push([registration.valid, buffer.length, seals.isSealed(path(mapping))]));
  mapping.on('fault', () => seen.push([buffer.length, seals.isSealed(path(mapping))]));
  await seals.requestBreak(path(mapping));
  expect(seen).toEqual([
    [false, SIZE, true],
    [0, true],
  ]);
  expect(events.slice(2)).toEqual(['registration: fenced, broken', 'seal: broken']);
  expect(thrown(() => mapping.register())).toMatchObject({ code: 'ERR_MAPPING_FAULT', reason: 'fenced' });
});

describe('rule 34: a violated seal fences its registrations', () => {
  test('at the look that finds it', () => {
    const mapping = mapped();
    const registration = mapping.register();
    const seal = registration.seal as Seal;
    const events = eventsOf(registration, seal);
    execFileSync('truncate', ['-s', String(SIZE / 2), path(mapping)]);
    expect(registration.valid).toBe(true);
    expect(seal.verify().state).toBe('violated');
    expect(registration.valid).toBe(false);
    expect(events).toEqual(['registration: fenced, violated', 'seal: violated, moved']);
    expect(thrown(() => mapping.register())).toMatchObject({ code: 'ETXTBSY' });
    seal.release();
  });

  test('at a fault, also of memory that cannot be sealed', () => {
    const memory = anonymous(SIZE);
    opened.push(memory);
    const registration = memory.register({ length: 4096 });
    ftruncateSync(memory.fd, SIZE / 2);
    expect(memory.view(SIZE / 2, 1)[0]).toBe(0);
    expect([memory.faulted, registration.valid]).toEqual([true, false]);
  });

  test('the file can be sealed and registered again', () => {
    const mapping = mapped();
    const first = mapping.register();
    execFileSync('truncate', ['-s', String(SIZE * 2), path(mapping)]);
    first.seal?.verify();
    for (const seal of mapping.seals) seal.release();
    const second = mapping.register();
    expect([first.valid, second.valid]).toEqual([false, true]);
    second.deregister();
  });
});

test('rule 31: a provider that is slow does not block JavaScript, and nobody is let in before it confirms', async () => {
  const mapping = mapped();
  const seal = mapping.seal({ policy: 'breakable', deadline: SHORT_MS });
  const registration = mapping.register({ domain: rehearsed({ delay: SLOW_MS }) });
  const events = eventsOf(registration, seal);
  let isLetIn = false;
  const request = seals.requestBreak(path(mapping)).then(() => (isLetIn = true));
  while (registration.valid) await turn();
  await turn();
  expect([isLetIn, seal.state, mapping.buffer.length, seals.isSealed(path(mapping))]).toEqual([
    false,
    'breaking',
    SIZE,
    true,
  ]);
  for (const refused of [() => registration.deregister(), () => mapping.register(), () => mapping.close()])
    expect(thrown(refused)).toMatchObject(EBUSY);
  await request;
  expect(events).toEqual(['registration: break', 'seal: break', 'registration: fenced, broken', 'seal: broken']);
  expect([seal.state, seals.isSealed(path(mapping))]).toEqual(['broken', false]);
});

test('rule 33: after the lease of a seal has ended, and the seal with it, the memory can be registered again', async () => {
  const mapping = mapped();
  const seal = mapping.seal({ enforcement: 'lease', deadline: SHORT_MS });
  const first = mapping.register();
  const broken = once(seal as unknown as NodeJS.EventEmitter, 'broken');
  execFile('sh', ['-c', ': >> "$0"', path(mapping)]); // waits for the lease
  await broken;
  const second = mapping.register();
  expect([first.valid, second.valid, second.seal === seal]).toEqual([false, true, false]);
  second.deregister();
});

test('rule 36: a provider that cannot register leaves nothing behind', () => {
  const mapping = mapped();
  const refusal = Object.assign(new Error('no'), { code: 'EOPNOTSUPP' });
  const domain = {
    [PROVIDER]: {
      name: 'verbs' as const,
      register: () => {
        throw refusal;
      },
    },
  };
  expect(thrown(() => mapping.register({ domain }))).toBe(refusal);
  expect([mapping.seals.length, seals.isSealed(path(mapping))]).toEqual([0, false]);
});

describe('rule 37: a provider that does not confirm', () => {
  test('keeps the pages, the lock and the views at the deadline; the request is refused', async () => {
    const mapping = mapped();
    const seal = mapping.seal({ policy: 'breakable', deadline: SHORT_MS });
    const registration = mapping.register({ domain: rehearsed({ failures: 2 }) });
    const events = eventsOf(registration, seal);
    await expect(seals.requestBreak(path(mapping))).rejects.toMatchObject({ code: 'ETXTBSY' });
    expect(events.slice(2)).toEqual(['seal: violated, unfenced']);
    expect([registration.valid, mapping.faulted, mapping.buffer.length, seals.isSealed(path(mapping))]).toEqual([
      false,
      false,
      SIZE,
      true,
    ]);
    expect(thrown(() => mapping.close())).toMatchObject(EBUSY);
    expect(thrown(() => seal.release())).toMatchObject(EBUSY);
    expect(thrown(() => registration.deregister())).toMatchObject({ code: 'EIO', syscall: 'deregister' });
    registration.deregister();
    seal.release();
    expect(seals.isSealed(path(mapping))).toBe(false);
  });

  test('lets nobody in after deregister() failed, until it succeeds', () => {
    const mapping = mapped();
    const registration = mapping.register({ domain: rehearsed({ failures: 1 }) });
    expect(thrown(() => registration.deregister())).toMatchObject({ code: 'EIO' });
    expect([registration.valid, seals.isSealed(path(mapping)), stats().registrations]).toEqual([false, true, 1]);
    registration.deregister();
    expect(seals.isSealed(path(mapping))).toBe(false);
  });
});
