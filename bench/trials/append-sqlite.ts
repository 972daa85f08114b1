// better-sqlite3: one transaction per record, write-ahead log, synchronous=FULL. Arguments: FILE RECORDS FIGURE...
// The file is new. The time is printed for each of the figures, because every transaction is durable and in order.
import fs from 'node:fs';
import { loadRival } from '../rivals/npm/rival.js';
import { nanosecondsPerRecord, record } from '../record.js';
import { argument, asFigures, numericArgument, printFigures } from '../trial.js';

/** The part that this trial uses. */
interface Database {
  pragma(source: string): unknown;
  exec(source: string): this;
  prepare(source: string): { run(...parameters: unknown[]): unknown };
}

const file = argument(0);
const count = numericArgument(1);
for (const suffix of ['', '-wal', '-shm']) fs.rmSync(file + suffix, { force: true });

const database = new (loadRival('better-sqlite3') as new (file: string) => Database)(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
// Three times as fast as shared locking. Our log is not shared between processes either.
database.pragma('locking_mode = EXCLUSIVE');
database.exec('CREATE TABLE log (id INTEGER PRIMARY KEY, record BLOB NOT NULL)');
const insert = database.prepare('INSERT INTO log (record) VALUES (?)');

function append(from: number, to: number): void {
  for (let i = from; i < to; i++) insert.run(record(i));
}

printFigures(asFigures(2, nanosecondsPerRecord(append, count)));
