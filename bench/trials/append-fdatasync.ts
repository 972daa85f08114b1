// fs.writeSync of a record into a file with all its blocks, then fs.fdatasyncSync. Arguments: FILE RECORDS
import fs from 'node:fs';
import { nanosecondsPerRecord, RECORD, record } from '../record.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const fd = fs.openSync(argument(0), 'r+');
const count = numericArgument(1);

function append(from: number, to: number): void {
  for (let i = from; i < to; i++) {
    fs.writeSync(fd, record(i), 0, RECORD, i * RECORD);
    fs.fdatasyncSync(fd);
  }
}

printFigures({ nanoseconds: nanosecondsPerRecord(append, count) });
