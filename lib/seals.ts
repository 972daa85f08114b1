import { selectBackend } from './backend/select.js';
import { sealedInodes } from './seals/sealed-inodes.js';
import { requestBreak, type BreakOptions } from './seals/request-break.js';
import { isTargetSealed } from './seals/seal-query.js';
import type { Enforcement, SealPolicy } from './seals/options.js';
import type { SealState } from './seals/seal-events.js';
import type { SealedInode } from './seals/sealed-inode.js';
import { parseTarget, type Target } from './core/target.js';

/** One inode that this thread has sealed. */
export interface SealInfo {
  /** The path of the first seal; missing for a descriptor. */
  readonly path?: string;
  /** The number of the device, as in fs.statSync(path, { bigint: true }). */
  readonly dev: bigint;
  /** The number of the inode, likewise. */
  readonly ino: bigint;
  /** The strictest policy of the holders. */
  readonly policy: SealPolicy;
  /** The enforcement that holds now. */
  readonly enforcement: Enforcement;
  /** The worst state of the holders. */
  readonly state: SealState;
  /** The number of seals that this thread has of the inode. */
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

/** Questions about seals, and the request to break one. */
export const seals = Object.freeze({
  /**
   * The inodes that this thread has sealed. Other threads and processes have lists of their own; {@link seals.isSealed}
   * asks all of them.
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
   * Whether a thread or process has sealed the file, through this package or by its protocol (docs/seals.md). Makes at
   * most four system calls, never waits and never breaks a lease of this process. It opens only regular files and
   * device-dax: nothing else can be sealed.
   *
   * A lock of another program on the whole file is no seal. A descriptor may be a duplicate of the one that carries the
   * seal: the seal is found, too.
   *
   * Not promised: that the answer is still true on return. A seal of the kernel (MAP_DIRECT) is known only to the
   * thread that made it.
   *
   * @param target - A path, a file: URL, a descriptor or a FileHandle.
   * @throws ENOENT, EACCES, EBADF and others of stat(2) and open(2). EAGAIN: a program outside the protocol has a
   *   shared lock on the bytes of the protocol, and /proc/locks cannot be read. For a descriptor before Linux 6.5
   *   without /proc, the errno of open(2): ask by path.
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
   * Asks the holders of a breakable seal to give way: each gets a 'break' event. At the deadline the mappings of the
   * remaining holders are fenced, and their seals are broken. A second request joins the first, with the earlier
   * deadline.
   *
   * A seal of another thread or process gets the request only if it has a lease. Then the deadline of that seal counts.
   *
   * Not promised: that the file is unsealed afterwards. Another thread or process may have sealed it again.
   *
   * @param target - A path, a file: URL, a descriptor or a FileHandle.
   * @param options - `deadline`: milliseconds. Default, and maximum: the deadlines of the holders' seals.
   * @returns A promise that resolves when every holder has released or was broken; at once if the file is not sealed.
   * @throws By rejection: ETXTBSY if a seal is not breakable or its holder cannot be asked; TypeError or RangeError
   *   (ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE) for wrong arguments; ENOENT, EACCES, EBADF as
   *   isSealed().
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
