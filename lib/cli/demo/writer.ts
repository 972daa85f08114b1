/**
 * The child process of the demo: `node writer.js PATH SIZE RUN`. It maps the file, appends records until it is killed,
 * and sends its parent one of these lines at a time, on descriptor 3:
 *
 *     ready                       the file is mapped, and the first record follows
 *     ack SEQUENCE MICROSECONDS   every record up to SEQUENCE is durable; the time is counted from `ready`
 *     full                        the file is full; the writer waits for the kill
 *
 * An `ack` line is sent only after persist() has returned for each of its records.
 */
import { writeSync } from 'node:fs';
import { map } from '../../index.js';
import { capacity, RecordEncoder, recordOffset, RECORD_LENGTH } from './records.js';

const PARENT = 3;
// One line acknowledges many records: one system call per record would measure the pipe instead of persist().
const ACK_RECORDS = 64;
const ACK_MS = 1;

/** Blocks, because a kill loses a line that is still in this process. EPIPE, after the end of the parent, ends it. */
function send(line: string): void {
  let rest: Uint8Array = Buffer.from(`${line}\n`, 'latin1');
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(PARENT, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // The pipe is full: sleep for a millisecond.
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
  send('ready');
  const start = performance.now();
  let sent = start;
  for (let sequence = 1; sequence <= last; sequence++) {
    const offset = recordOffset(sequence);
    view.set(encoder.encode(sequence), offset);
    mapping.persist(offset, RECORD_LENGTH);
    const now = performance.now();
    if (sequence - acknowledged >= ACK_RECORDS || now - sent >= ACK_MS || sequence === last) {
      send(`ack ${sequence} ${Math.round((now - start) * 1000)}`);
      acknowledged = sequence;
      sent = now;
    }
  }
  send('full');
  // Wait for the kill, or for the end of stdin: the parent has ended.
  process.stdin.resume().once('end', () => process.exit(0));
}

const [path = '', size = '', run = ''] = process.argv.slice(2);
main(path, Number(size), BigInt(run));
