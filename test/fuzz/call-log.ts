import { readFileSync, writeSync } from 'node:fs';

const ENTRIES = 32;
const ENTRY = 8;

/**
 * The last calls of a process, in a file, so that they are known after a crash: for each its number and the position of
 * the random numbers before it.
 */
export class CallLog {
  private readonly entry = Buffer.alloc(ENTRY);

  constructor(private readonly fd: number) {}

  note(call: number, position: number): void {
    this.entry.writeUInt32LE(call, 0);
    this.entry.writeInt32LE(position, 4);
    writeSync(this.fd, this.entry, 0, ENTRY, (call % ENTRIES) * ENTRY);
  }
}

/** Reads the file of a {@link CallLog}: the positions in the order of the calls. */
export function notedPositions(path: string): number[] {
  const bytes = readFileSync(path).subarray(0, ENTRIES * ENTRY); // a fuzzed call may have made the file longer
  return Array.from({ length: Math.floor(bytes.length / ENTRY) }, (_, at) => ({
    call: bytes.readUInt32LE(at * ENTRY),
    position: bytes.readInt32LE(at * ENTRY + 4),
  }))
    .sort((a, b) => a.call - b.call)
    .map(({ position }) => position);
}
