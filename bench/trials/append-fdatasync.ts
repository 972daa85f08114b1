// fs.writeSync of a record into a file that has its blocks, then fs.fdatasyncSync. Arguments: FILE RECORDS
import fs from 'node:fs';
import { perRecord, RECORD, record } from '../record.js';
import { argument, numericArgument, print } from '../trial.js';

const fd = fs.openSync(argument(0), 'r+');
const count = numericArgument(1);

function append(from: number, to: number): void {
  for (let i = from; i < to; i++) {
    fs.writeSync(fd, record(i), 0, RECORD, i * RECORD);
    fs.fdatasyncSync(fd);
  }
}

print({ nanoseconds: perRecord(append, count) });
