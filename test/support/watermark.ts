const { floor, imul } = Math; // a global costs a lookup in jest's own context, each time
const UNIT = 8;
const HIGH = 2 ** 32;

/**
 * The bytes at [position, position + length) of a file in which each 8 bytes depend on their position. Positions past
 * 2^32 differ from those below it, so that an offset that was cut to 32 bits shows; and no byte is ever 0, so that a
 * hole does.
 */
export function watermark(position: number, length: number): Buffer {
  const first = position - (position % UNIT);
  const words = new Uint32Array(2 * Math.ceil((position - first + length) / UNIT));
  for (let at = 0; at < words.length; at += 2) {
    const place = first + 4 * at; // imul and xor take it modulo 2^32
    words[at] = imul(place, 0x9e3779b1) | 0x01010101;
    words[at + 1] = (imul(floor(place / HIGH) + 1, 0x85ebca6b) ^ place) | 0x01010101;
  }
  const bytes = Buffer.from(words.buffer);
  return bytes.subarray(position - first, position - first + length);
}

/** undefined if `bytes` are the watermark at `position`; else a sentence that names the first wrong byte. */
export function misplaced(bytes: Uint8Array, position: number): string | undefined {
  return firstDifference(bytes, watermark(position, bytes.length), position);
}

/**
 * undefined if `found` begins with the bytes `right`; else a sentence that names the first wrong byte.
 *
 * @param position - of the first byte in its file.
 */
export function firstDifference(found: Uint8Array, right: Buffer, position = 0): string | undefined {
  if (right.equals(found.subarray(0, right.length))) return undefined;
  const at = right.findIndex((byte, index) => byte !== found[index]);
  return `byte ${position + at} is ${found[at]} and should be ${right[at]}`;
}
