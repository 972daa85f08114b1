/** A property of an extent that matters for seals. */
export type ExtentFlag = 'hole' | 'unwritten' | 'delalloc' | 'shared' | 'encoded' | 'inline' | 'unknown';

// linux/fiemap.h
export const FIEMAP_EXTENT_UNKNOWN = 0x2;
export const FIEMAP_EXTENT_DELALLOC = 0x4;
const FIEMAP_EXTENT_ENCODED = 0x8;
const FIEMAP_EXTENT_DATA_ENCRYPTED = 0x80;
const FIEMAP_EXTENT_DATA_INLINE = 0x200;
const FIEMAP_EXTENT_DATA_TAIL = 0x400;
export const FIEMAP_EXTENT_UNWRITTEN = 0x800;
export const FIEMAP_EXTENT_SHARED = 0x2000;
/** Not of the kernel: a hole. FIEMAP does not list holes. */
export const HOLE = 0x40000000;

const names: ReadonlyArray<readonly [flag: ExtentFlag, bits: number]> = [
  ['hole', HOLE],
  ['unwritten', FIEMAP_EXTENT_UNWRITTEN],
  ['delalloc', FIEMAP_EXTENT_DELALLOC],
  ['shared', FIEMAP_EXTENT_SHARED],
  ['encoded', FIEMAP_EXTENT_ENCODED | FIEMAP_EXTENT_DATA_ENCRYPTED],
  ['inline', FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_DATA_TAIL],
  ['unknown', FIEMAP_EXTENT_UNKNOWN],
];

/**
 * The bits of an extent that cannot be sealed. An extent with none of them is written, and belongs to this file alone.
 */
export const UNSOUND: number = names.reduce((all, [, bits]) => all | bits, 0);

/** The words for the bits of an extent. */
export function extentFlags(bits: number): ExtentFlag[] {
  return names.filter(([, mask]) => (bits & mask) !== 0).map(([flag]) => flag);
}
