/**
 * The child process of the demo: `node demo-writer.js PATH SIZE RUN`. Maps the file, appends records until it is killed,
 * and tells its parent on descriptor 3, a line each:
 *
 *     ready                       mapped, the first record follows
 *     ack SEQUENCE MICROSECONDS   every record up to SEQUENCE is durable, that long after `ready`
 *     full                        no room left; it now waits to be killed
 *
 * A line is written only after persist() of every record it vouches for has returned.
 */
import { writeSync } from 'node:fs';
import { map } from '../../index.js';
import { capacity, RecordEncoder, recordOffset, RECORD_LENGTH } from './records.js';

const PARENT = 3;
// One line may vouch for many records: a system call for each would measure the pipe instead of persist().
const ACK_RECORDS = 64;
const ACK_MS = 1;

/** Blocks: an acknowledgement that waits in this process would die with it. A dead parent is EPIPE, which ends us. */
function tell(line: string): void {
  let rest: Uint8Array = Buffer.from(`${line}\n`, 'latin1');
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(PARENT, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // The parent is slow to read: sleep a millisecond.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function main(path: string, size: number, run: bigint): void {
  const mapping = map(path, { length: size });
  const view = mapping.view(0, size);
  const encoder = new RecordEncoder(run);
  const last = capacity(size);
  let acknowledged = 0;
  tell('ready');
  const start = performance.now();
  let told = start;
  for (let sequence = 1; sequence <= last; sequence++) {
    const offset = recordOffset(sequence);
    view.set(encoder.encode(sequence), offset);
    mapping.persist(offset, RECORD_LENGTH);
    const now = performance.now();
    if (sequence - acknowledged >= ACK_RECORDS || now - told >= ACK_MS || sequence === last) {
      tell(`ack ${sequence} ${Math.round((now - start) * 1000)}`);
      acknowledged = sequence;
      told = now;
    }
  }
  tell('full');
  // Alive until killed, or until the parent is gone and its end of our stdin with it.
  process.stdin.resume().once('end', () => process.exit(0));
}

const [path = '', size = '', run = ''] = process.argv.slice(2);
main(path, Number(size), BigInt(run));
