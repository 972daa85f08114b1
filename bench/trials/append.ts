// Ours, appends of records in three ways: each record durable before the next; each record, and then the 8 bytes with
// the end of the log, durable; 64 records durable at a time. Once with TypedArray.set and persist(), and once with
// write(). Arguments: FILE RECORDS
import { mapAs } from '../granularity.js';
import { RECORD, record } from '../record.js';
import { medianOf } from '../statistics.js';
import { argument, nanoseconds, numericArgument, printFigures } from '../trial.js';

const HEADER = 4096;
const GROUP = 64;
const PASSES = 5;

const mapping = mapAs('cache-line', argument(0));
const count = numericArgument(1);
const { buffer } = mapping;
const end = new Float64Array(mapping.arrayBuffer(0, 8));

function place(index: number): number {
  return HEADER + index * RECORD;
}

function persistEnd(index: number): void {
  end[0] = place(index + 1);
  mapping.persist(0, 8);
}

function single(): void {
  for (let i = 0; i < count; i++) {
    buffer.set(record(i), place(i));
    mapping.persist(place(i), RECORD);
  }
}

function ordered(): void {
  for (let i = 0; i < count; i++) {
    buffer.set(record(i), place(i));
    mapping.persist(place(i), RECORD);
    persistEnd(i);
  }
}

function grouped(): void {
  for (let i = 0; i < count; i += GROUP) {
    for (let j = i; j < i + GROUP; j++) buffer.set(record(j), place(j));
    mapping.persist(place(i), GROUP * RECORD);
  }
}

function singleCopy(): void {
  for (let i = 0; i < count; i++) mapping.write(record(i), place(i));
}

function orderedCopy(): void {
  for (let i = 0; i < count; i++) {
    mapping.write(record(i), place(i));
    persistEnd(i);
  }
}

const batched = { drain: false };

function groupedCopy(): void {
  for (let i = 0; i < count; i += GROUP) {
    for (let j = i; j < i + GROUP; j++) mapping.write(record(j), place(j), batched);
    mapping.drain();
  }
}

const ways = { single, ordered, grouped, singleCopy, orderedCopy, groupedCopy };
single(); // page faults
printFigures(
  Object.fromEntries(
    Object.entries(ways).map(([name, append]) => [name, medianOf(PASSES, () => nanoseconds(append)) / count]),
  ),
);
