// Makes a table of COUNT records, user-00000000 and so on. Only keys and values are written: with long records the file
// has holes, and takes little space on the disk.
//
//   node build.mjs FILE COUNT [RECORD_LENGTH]
import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { FIRST, headerOf, KEY, keyOf } from './table.mjs';

const [file, count = '', recordLength = '64'] = process.argv.slice(2);
const records = Number(count);
const length = Number(recordLength);
const SHORTEST = KEY + 16;
const PER_WRITE = Math.max(1, Math.floor(2 ** 20 / length));

function fail(sentence) {
  console.error(sentence);
  process.exit(2);
}

if (file === undefined) fail('usage: node build.mjs FILE COUNT [RECORD_LENGTH]');
if (!Number.isInteger(records) || records < 1 || records > 1e8) fail(`COUNT must be 1 to 100000000, not '${count}'`);
if (!Number.isInteger(length) || length < SHORTEST || length > 2 ** 20) {
  fail(`RECORD_LENGTH must be ${SHORTEST} to ${2 ** 20}, not '${recordLength}'`);
}

/** The records from `first` on, so many as one write takes. The last one ends with its value. */
function recordsFrom(first) {
  const number = Math.min(PER_WRITE, records - first);
  const bytes = Buffer.alloc((number - 1) * length + SHORTEST);
  for (let i = 0; i < number; i++) {
    keyOf(`user-${String(first + i).padStart(8, '0')}`).copy(bytes, i * length);
    bytes.write(`value ${first + i}`, i * length + KEY);
  }
  return bytes;
}

const fd = openSync(file, 'w');
ftruncateSync(fd, FIRST + records * length);
for (let first = 0; first < records; first += PER_WRITE)
  writeSync(fd, recordsFrom(first), 0, undefined, FIRST + first * length);
writeSync(fd, headerOf(length, records), 0, undefined, 0);
fsyncSync(fd);
closeSync(fd);
console.log(`${records} records, ${FIRST + records * length} bytes`);
