// Ours on a disk: store a record, then persist() it. Arguments: FILE RECORDS
import { mapAs } from '../granularity.js';
import { nanosecondsPerRecord, RECORD, record } from '../record.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const mapping = mapAs('page', argument(0));
const count = numericArgument(1);
const { buffer } = mapping;

function append(from: number, to: number): void {
  for (let i = from; i < to; i++) {
    buffer.set(record(i), i * RECORD);
    mapping.persist(i * RECORD, RECORD);
  }
}

printFigures({ nanoseconds: nanosecondsPerRecord(append, count) });
