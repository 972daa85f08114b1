import { constants, MAP_TYPE } from '../core/constants.js';
import { errno, invalidType, invalidValue, outOfRange, systemError } from '../core/errors.js';

const {
  MAP_ANONYMOUS,
  MAP_DENYWRITE,
  MAP_EXECUTABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_SYNC,
  PAGE_SIZE,
} = constants;

/** The bits above MAP_HUGE_SHIFT: the logarithm of the huge page size. The kernel uses five of the six. */
const HUGE_SIZE = 0x7c000000;

/** The flags that choose the address. Only x86_64 has them. */
const OF_THE_ADDRESS: Readonly<Record<string, number>> = { MAP_32BIT: 0x40, MAP_ABOVE4G: 0x80 };
const addressFlags = process.arch === 'x64' ? OF_THE_ADDRESS : {};

/** The flags besides the type that the kernel knows (LEGACY_MAP_MASK) and that are allowed here. */
const known: Readonly<Record<string, number>> = {
  MAP_ANONYMOUS,
  MAP_DENYWRITE,
  MAP_EXECUTABLE,
  MAP_LOCKED,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_NONBLOCK,
  MAP_STACK,
  MAP_HUGETLB,
  ...addressFlags,
};
const KNOWN = Object.values(known).reduce((all, bit) => all | bit, HUGE_SIZE);

/** "0x200", "0x40 (MAP_32BIT)" */
function describeFlags(bits: number): string {
  const each = Array.from({ length: 32 }, (_, at) => 1 << at).filter((bit) => (bits & bit) !== 0);
  const all = { ...constants, ...OF_THE_ADDRESS };
  return each
    .map((bit) => {
      const name = Object.entries(all).find(([key, value]) => key.startsWith('MAP_') && value === bit)?.[0];
      return `0x${(bit >>> 0).toString(16)}${name === undefined ? '' : ` (${name})`}`;
    })
    .join(', ');
}

/** The bits that this package does not know. The kernel may know them. */
export function unknownFlags(flags: number): number {
  return flags & ~(MAP_TYPE | KNOWN);
}

/** The flags for a shared mapping of a file: with MAP_SHARED_VALIDATE the kernel refuses unknown flags (Linux 4.15). */
export function validatedFlags(flags: number): number {
  return (flags & ~MAP_TYPE) === 0 ? flags : (flags & ~MAP_TYPE) | MAP_SHARED_VALIDATE;
}

/** EOPNOTSUPP, as for MAP_SHARED_VALIDATE, with the names of the refused bits. */
export function flagsRefused(flags: number, path: string | undefined): Error {
  const unknown = unknownFlags(flags);
  const bits = unknown === 0 ? flags & ~MAP_TYPE : unknown;
  return systemError(
    errno.EOPNOTSUPP,
    'mmap',
    path,
    `the flag ${describeFlags(bits)} is not known for this mapping by ${unknown === 0 ? 'this kernel' : 'this package and this kernel'}; leave it out`,
  );
}

/**
 * For private memory, and for memory without a file, the kernel accepts and ignores every unknown bit. So the package
 * checks.
 *
 * @throws EOPNOTSUPP naming the bits.
 */
export function checkFlagsKnown(flags: number, path: string | undefined): void {
  if (unknownFlags(flags) !== 0) throw flagsRefused(flags, path);
}

/**
 * Checks the type of mmap(). The kernel's answer to a wrong type could be about the descriptor.
 * @throws EINVAL, EOPNOTSUPP.
 */
export function checkMapType(flags: number): void {
  const type = flags & MAP_TYPE;
  if (type === 0)
    throw systemError(
      errno.EINVAL,
      'mmap',
      undefined,
      'the flags need exactly one of MAP_SHARED, MAP_SHARED_VALIDATE and MAP_PRIVATE',
    );
  if ((type & ~MAP_SHARED_VALIDATE) !== 0)
    throw systemError(
      errno.EOPNOTSUPP,
      'mmap',
      undefined,
      `the type 0x${type.toString(16)} is not known; take MAP_SHARED, MAP_SHARED_VALIDATE or MAP_PRIVATE`,
    );
  const isShared = type === MAP_SHARED || type === MAP_SHARED_VALIDATE;
  if ((flags & MAP_SYNC) === 0 || (isShared && (flags & MAP_ANONYMOUS) === 0)) return;
  throw systemError(
    errno.EOPNOTSUPP,
    'mmap',
    undefined,
    'MAP_SYNC is for a shared mapping of a file; mmap(2) would ignore it here. Leave it out',
  );
}

/** The flags without those that the kernel accepts and ignores. */
export function honouredFlags(flags: number): number {
  return flags & ~(MAP_DENYWRITE | MAP_EXECUTABLE | ((flags & MAP_HUGETLB) === 0 ? HUGE_SIZE : 0));
}

/** The flags that choose the address. A reservation needs them; a mapping inside it does not. */
export function addressFlagsOf(flags: number): number {
  return Object.values(addressFlags).reduce((all, bit) => all | (flags & bit), 0);
}

/**
 * The flags with which mmap(2) would bring in pages of a private mapping by write faults, which copy the whole file.
 */
export function populatingFlags(flags: number): number {
  return (flags & MAP_TYPE) === MAP_PRIVATE ? flags & (MAP_POPULATE | MAP_LOCKED) : 0;
}

/** A set of mmap(2) flags without those that could replace existing pages of the process. */
export function checkMapFlags(value: unknown, name: string): number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff)
    throw outOfRange(name, 'a set of mmap(2) flags, >= 0 and <= 2 ** 32 - 1', value);
  const refused = Object.entries({ MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_GROWSDOWN }).find(
    ([, bit]) => (value & bit) !== 0,
  );
  if (refused !== undefined)
    throw invalidValue(name, `must not contain ${refused[0]}: the address is the kernel's choice`, value);
  return value | 0;
}

/** @throws EINVAL, as mmap(2), with the value that would be right. */
export function checkAlignment(offset: number, path: string | undefined): void {
  if (offset % PAGE_SIZE === 0) return;
  const right = offset - (offset % PAGE_SIZE);
  throw systemError(
    errno.EINVAL,
    'mmap',
    path,
    `offset ${offset} is not a multiple of the page size, ${PAGE_SIZE}; map from ${right} and take view(${offset - right}, ...)`,
  );
}
