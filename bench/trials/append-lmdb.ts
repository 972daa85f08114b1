// lmdb: one transaction per record, on the disk when put() returns. Arguments: DIRECTORY RECORDS writemap|write
// FIGURE... The database is new. The time is printed for each of the figures, because every transaction is durable and
// in order.
import fs from 'node:fs';
import { loadRival } from '../rivals/npm/rival.js';
import { nanosecondsPerRecord, record } from '../record.js';
import { argument, asFigures, numericArgument, printFigures } from '../trial.js';

/** The part that this trial uses. */
interface Lmdb {
  open(options: Record<string, unknown>): {
    putSync(key: number, value: Buffer, options: { append: boolean }): unknown;
  };
}

const directory = argument(0);
const count = numericArgument(1);
fs.rmSync(directory, { recursive: true, force: true });

const database = (loadRival('lmdb') as Lmdb).open({
  path: directory,
  encoding: 'binary',
  keyEncoding: 'uint32',
  mapSize: 2 ** 30,
  overlappingSync: false, // with it, put() returns before the data is on the disk
  // Twice as fast in memory. On a disk it needs two msyncs in place of one fdatasync.
  useWritemap: argument(2) === 'writemap',
});
const atTheEnd = { append: true };

function append(from: number, to: number): void {
  for (let i = from; i < to; i++) database.putSync(i, record(i), atTheEnd);
}

printFigures(asFigures(3, nanosecondsPerRecord(append, count)));
