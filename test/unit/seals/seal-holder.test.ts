import { describe, expect, test } from '@jest/globals';
import { runSync } from '../../../lib/core/sync-or-async.js';
import type { Extent } from '../../../lib/file/extent-map.js';
import { Seal, sealFor } from '../../../lib/seals/seal.js';
import { SealHolder, type HeldInode, type HolderTerms } from '../../../lib/seals/seal-holder.js';

const MOVED: Extent[] = [{ offset: 0, length: 4096, flags: [] }];

class FakeInode implements HeldInode {
  readonly lockFd = -1;
  isChanging = false;
  readonly path = 'file';
  readonly enforcement = 'advisory';
  readings = 0;
  holder: SealHolder | undefined;
  /** false: the lease has fenced the region already. */
  isInTime = true;

  extents(): Extent[] {
    return MOVED;
  }

  *verify() {
    yield* [];
    this.readings++;
    return [];
  }

  fenceOnLeaseEnd() {
    return true;
  }

  revokeOnLeaseEnd() {
    return true;
  }

  drop(holder: SealHolder) {
    this.holder = holder;
    return this.isInTime;
  }
}

/** A seal, its holder, and the log of its events and of the calls of its mapping. */
function sealed(terms: Partial<HolderTerms> = {}) {
  const inode = new FakeInode();
  const holder = new SealHolder(inode, {
    policy: 'breakable',
    demanded: 'advisory',
    deadline: 100,
    kernel: false,
    ...terms,
  });
  const seal = sealFor(holder);
  const log: string[] = [];
  for (const event of ['break', 'broken', 'weakened', 'violated'] as const) seal.on(event, () => log.push(event));
  const mapping = {
    revoke: async () => true,
    fence: () => log.push('fence') > 0,
    noteFaults: () => undefined,
    sealReleased: () => void log.push('released'),
  };
  holder.protect(mapping);
  return { inode, holder, seal, log, mapping };
}

describe('the state of a holder', () => {
  test('a break request is announced once, and again after it was withdrawn', () => {
    const { holder, seal, log } = sealed();
    holder.announceBreak(100);
    holder.announceBreak(50);
    expect([seal.state, log]).toEqual(['breaking', ['break']]);
    holder.withdrawBreak();
    expect(seal.state).toBe('held');
    holder.announceBreak(100);
    expect([seal.state, log]).toEqual(['breaking', ['break', 'break']]);
  });

  test('a violated seal stays violated through a break request, and its holder still gets the event', () => {
    const { holder, seal, log } = sealed();
    holder.markViolated(MOVED);
    holder.markViolated(MOVED);
    holder.announceBreak(100);
    expect([seal.state, log]).toEqual(['violated', ['violated', 'break']]);
    holder.withdrawBreak();
    expect(seal.state).toBe('violated');
  });

  test('at the deadline the mapping is fenced before the seal is broken', () => {
    const { holder, seal, log, inode } = sealed();
    holder.announceBreak(0);
    holder.fenceAndBreak();
    expect([seal.state, log]).toEqual(['broken', ['break', 'fence', 'broken']]);
    expect(inode.holder).toBe(holder);
  });

  test('release() of the notice releases the seal, and the mapping goes on', () => {
    const { holder, seal, log } = sealed();
    seal.once('break', ({ release }) => release());
    holder.announceBreak(100);
    expect([seal.state, log]).toEqual(['released', ['break', 'released']]);
    seal.release();
    expect(log).toEqual(['break', 'released']);
  });

  test('a release after the end of the lease: broken, and the mapping is fenced', () => {
    const { inode, seal, log } = sealed();
    inode.isInTime = false;
    seal.release();
    expect([seal.state, log]).toEqual(['broken', ['fence', 'broken']]);
  });

  test.each([
    ['advisory', 'held', ['weakened']],
    ['lease', 'broken', ['broken']],
  ] as const)('without its lease a seal with the demand %s is %s', (demanded, state, events) => {
    const { holder, seal, log } = sealed({ policy: 'refuse', demanded });
    holder.loseLease();
    expect([seal.state, log]).toEqual([state, events]);
  });

  test('a seal that has ended reads no block map and has no events', () => {
    const { holder, seal, inode, log } = sealed();
    seal.verify();
    seal.release();
    expect([seal.verify(), runSync(holder.verify()), inode.readings]).toEqual([
      { state: 'released', moved: [] },
      [],
      1,
    ]);
    holder.announceBreak(1);
    holder.markViolated(MOVED);
    expect([seal.state, log]).toEqual(['released', ['released']]);
  });
});

test('a caller reaches no method of the holder: a Seal has the members of the contract, and no other', () => {
  const { seal } = sealed({ kernel: true });
  const members = Reflect.ownKeys(Seal.prototype).filter((key) => key !== 'constructor');
  expect(new Set(members)).toEqual(
    new Set<string | symbol>([
      ...['enforcement', 'state', 'extents', 'verify', 'release', 'toJSON'],
      ...[Symbol.dispose, Symbol.toStringTag, Symbol.for('nodejs.util.inspect.custom')],
    ]),
  );
  const values = Reflect.ownKeys(seal).map((key) => (seal as unknown as Record<string | symbol, unknown>)[key]);
  expect(values.some((value) => value instanceof SealHolder)).toBe(false);
  expect([seal.enforcement, seal.policy, seal.extents]).toEqual(['kernel', 'breakable', MOVED]);
});
