import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { atMost, type Benchmark, budgets, byEffort, type Trial } from '../benchmark.js';
import { missingCrc32 } from '../facts/crc32.js';
import { nodeTrial } from '../node-trial.js';

const STREAM = 'fs.createReadStream';
const LINE = 1024;
const CHUNK = 2 ** 20;

const length = byEffort(2 ** 32, 2 ** 27);
const file = (directory: string): string => path.join(directory, 'lines');

function trial(name: string, role: Trial['role'], how: string): Trial {
  const made = nodeTrial({ name, role, script: 'sequential-scan', args: (directory) => [file(directory), how] });
  return { ...made, available: () => missingCrc32() ?? made.available() };
}

/** Lines of 1 KiB that begin with their number. Beside the file: the number of lines, and the CRC of all bytes. */
function prepare(directory: string, end: number): void {
  const chunk = Buffer.alloc(CHUNK, 'mapdirect ');
  const fd = fs.openSync(file(directory), 'wx');
  let crc = 0;
  for (let start = 0; start < end; start += CHUNK) {
    for (let at = 0; at < CHUNK; at += LINE) {
      chunk.write(String((start + at) / LINE).padStart(10), at);
      chunk[at + LINE - 1] = 10;
    }
    crc = zlib.crc32(chunk, crc);
    fs.writeSync(fd, chunk);
  }
  fs.closeSync(fd);
  fs.writeFileSync(`${file(directory)}.json`, JSON.stringify({ newlines: end / LINE, crc }));
}

/** Each byte once, from the first one to the last one. */
export const sequentialScan: Benchmark = {
  name: 'sequential scan of 4 GiB, in the page cache',
  quickSize: '128 MiB',
  description: [
    'Time per MiB. Newlines: the number of lines of 1 KiB, by Buffer.indexOf(). CRC: zlib.crc32 of all bytes. Both results',
    "are checked. mapdirect: map() with advice 'sequential', pieces of 1 MiB in place. fs.createReadStream: chunks of",
    '1 MiB. fs.readSync: the file in parts of 1 MiB, into one Buffer.',
  ],
  figures: { newlines: { title: 'newlines', unit: 'ns' }, crc: { title: 'CRC', unit: 'ns' } },
  medium: 'disk',
  budgets: budgets(5, 30, 3, 3),
  trials: [
    trial(STREAM, 'rival', 'stream'),
    trial('mapdirect', 'ours', 'mapped'),
    trial('fs.readSync', 'rival', 'parts'),
  ],
  targets: [atMost(1, 'newlines', STREAM, 'newlines'), atMost(1, 'crc', STREAM, 'CRC')],
  prepare: (directory, effort) => prepare(directory, length(effort)),
  picture: { name: 'sequential-scan', title: 'Sequential scan of 4 GiB, per MiB', figures: ['newlines', 'crc'] },
};
