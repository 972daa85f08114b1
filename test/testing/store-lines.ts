/** A store of a store log: the bytes that one instruction has changed in one word. */
export interface StoreLine {
  readonly offset: number;
  readonly length: number;
  readonly value: bigint;
}

/** The stores of CrashSimulator.storeLog(), in order. */
export function storeLines(log: string): StoreLine[] {
  return log.split('|').flatMap((line) => {
    const [kind, offset, value = '', length] = line.split(';');
    return kind === 'STORE' ? [{ offset: Number(offset), length: Number(length), value: BigInt(value) }] : [];
  });
}

/** Does the stores again, into a memory of zeros. */
export function replayLines(log: string, size: number): Buffer {
  const memory = Buffer.alloc(size);
  for (const { offset, length, value } of storeLines(log))
    for (let byte = 0; byte < length; byte++) memory[offset + byte] = Number((value >> BigInt(8 * byte)) & 0xffn);
  return memory;
}
