import { selectBackend } from './backend/select.js';
import { sealedInodes } from './seals/sealed-inodes.js';
import { requestBreak, type BreakOptions } from './seals/request-break.js';
import { isTargetSealed } from './seals/seal-query.js';
import type { Enforcement, SealPolicy } from './seals/options.js';
import type { SealState } from './seals/seal-events.js';
import type { SealedInode } from './seals/sealed-inode.js';
import { parseTarget, type Target } from './core/target.js';

/** One sealed inode of this thread. */
export interface SealInfo {
  readonly path?: string;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly policy: SealPolicy;
  readonly enforcement: Enforcement;
  readonly state: SealState;
  /** How many seals of it this thread has. */
  readonly holders: number;
  /** For JSON, which has no bigint: `dev` and `ino` as decimal text. */
  toJSON(): Record<string, unknown>;
}

function withoutBigints(this: SealInfo): Record<string, unknown> {
  return { ...this, dev: String(this.dev), ino: String(this.ino) };
}

function infoOf({ path, dev, ino, policy, enforcement, state, holders }: SealedInode): SealInfo {
  const info = {
    ...(path === undefined ? {} : { path }),
    dev: BigInt(dev),
    ino: BigInt(ino),
    policy,
    enforcement,
    state,
    holders: holders.size,
  };
  return Object.defineProperty(info, 'toJSON', {
    __proto__: null,
    value: withoutBigints,
  } as PropertyDescriptor) as typeof info & Pick<SealInfo, 'toJSON'>;
}

/** What is sealed, and by whom it may be broken. */
export const seals = Object.freeze({
  /**
   * What this thread has sealed. Other threads and processes keep their own; {@link seals.isSealed} asks all of them.
   *
   * @example
   * const { map, seals } = require('mapdirect');
   * const mapping = map('data.bin', { direct: 'require' });
   * console.log(seals.list()[0].policy, seals.list()[0].holders); // refuse 1
   * mapping.close();
   * console.log(seals.list().length); // 0
   */
  list(): SealInfo[] {
    return Array.from(sealedInodes.values(), infoOf);
  },

  /**
   * Some thread or process has sealed the file, through this package or by its protocol (docs/seals.md). At most four system
   * calls; never waits, never rings a lease of this process, and opens nothing but files and device-dax: the rest cannot be sealed.
   * A seal of the kernel's (MAP_DIRECT) is known to its own thread only. Not promised: that it is still so on return.
   *
   * A stranger's lock of the whole file is no seal. A descriptor may be a duplicate of the sealer's own: its seal is found too.
   *
   * @throws ENOENT, EACCES, EBADF, ...; EAGAIN when a stranger has a shared lock on the protocol's bytes and /proc/locks cannot be read; for a
   *   descriptor, before Linux 6.5 and without /proc, what open(2) says: ask by path.
   * @example
   * const { map, seals } = require('mapdirect');
   * const mapping = map('data.bin', { direct: 'require' });
   * console.log(seals.isSealed('data.bin')); // true
   * mapping.close();
   * console.log(seals.isSealed('data.bin')); // false
   */
  isSealed(target: Target): boolean {
    return isTargetSealed(selectBackend('auto'), parseTarget(target));
  },

  /**
   * Asks the holders of a breakable seal to give way: each gets a 'break' event. Resolves when the last has released, or when
   * the deadline has passed and their mappings were fenced. A second request joins the first, with the earlier deadline.
   * Resolves at once when nothing is sealed. Afterwards the file is not sealed by those; somebody else may seal it again.
   *
   * A seal of another thread or process hears of it only if it has a lease; its own deadline then rules.
   *
   * @param options - `deadline`: milliseconds, at most the holders' own. Default: theirs.
   * @throws ETXTBSY by rejection: a seal that cannot be broken, or cannot be asked.
   * @example
   * import { map, seals } from 'mapdirect';
   * const mapping = map('data.bin', { direct: { policy: 'breakable', deadline: 1000 } });
   * mapping.seals[0].on('break', ({ release }) => release());
   * await seals.requestBreak('data.bin');
   * console.log(seals.isSealed('data.bin')); // false
   * mapping.close();
   */
  requestBreak(target: Target, options?: BreakOptions): Promise<void> {
    return requestBreak(selectBackend('auto'), target, options);
  },
});
