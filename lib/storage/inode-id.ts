/** A 64-bit number that names something (a device, an inode): exact, and a bigint only past 2^53 - 1. */
export type Identity = number | bigint;

/** What tells files of one file system apart, where inode numbers do (file-systems.ts). */
export interface Inode {
  readonly dev: Identity;
  readonly ino: Identity;
}

/** As {@link Identity}: two of them are the same thing exactly when they are `===`. */
export function identity(value: bigint): Identity {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
