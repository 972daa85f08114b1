// lmdb: one transaction a record, on disk when put returns. Arguments: DIRECTORY RECORDS writemap|write FIGURE...
// The database is made anew. The time is printed as each of the figures: a transaction is durable and in order in any case.
import fs from 'node:fs';
import { loadRival } from '../rivals/npm/rival.js';
import { nanosecondsPerRecord, record } from '../record.js';
import { argument, asFigures, numericArgument, printFigures } from '../trial.js';

/** As far as it is used here. */
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
  overlappingSync: false, // else put returns before the data is on the disk
  useWritemap: argument(2) === 'writemap', // twice as fast in memory; on a disk two msyncs where fdatasync is one
});
const atTheEnd = { append: true };

function append(from: number, to: number): void {
  for (let i = from; i < to; i++) database.putSync(i, record(i), atTheEnd);
}

printFigures(asFigures(3, nanosecondsPerRecord(append, count)));
