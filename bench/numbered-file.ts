import fs from 'node:fs';

/** Each block of the file is full of its own number, so that a read at a wrong offset shows. */
const BLOCK = 64;
const WORDS = BLOCK / 4;
const CHUNK = 2 ** 20;

/**
 * Writes a numbered file. The length is a multiple of 1 MiB, below 256 GiB.
 *
 * @param options - `onDisk`: waits until the disk has it.
 */
export function writeNumbered(file: string, length: number, { onDisk }: { onDisk: boolean }): void {
  const words = new Uint32Array(CHUNK / 4);
  const bytes = Buffer.from(words.buffer);
  const fd = fs.openSync(file, 'wx');
  try {
    for (let start = 0; start < length; start += CHUNK) {
      for (let index = 0; index < words.length; index++) words[index] = start / BLOCK + Math.floor(index / WORDS);
      fs.writeSync(fd, bytes);
    }
    if (onDisk) fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The sum of all 32-bit words of a range of a numbered file. Both are multiples of 64. */
export function sumOfRange(offset: number, length: number): number {
  const [first, blocks] = [offset / BLOCK, length / BLOCK];
  return WORDS * (blocks * first + (blocks * (blocks - 1)) / 2);
}

/** The bytes of a range of a numbered file. */
export function numberedBytes(offset: number, length: number): Buffer {
  const words = new Uint32Array(length / 4);
  for (let index = 0; index < words.length; index++) words[index] = offset / BLOCK + Math.floor(index / WORDS);
  return Buffer.from(words.buffer);
}

/** Pseudo-random multiples of `step` below `end`: the same ones for each contestant (xorshift32). */
export function randomOffsets(step: number, end: number): () => number {
  const places = end / step;
  let state = 2463534242;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) % places) * step;
  };
}
