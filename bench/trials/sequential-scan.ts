// Counts the newlines of a file, and then makes the CRC of all of its bytes. FILE.json has both results.
// Arguments: FILE mapped|stream|parts
import fs from 'node:fs';
import zlib from 'node:zlib';
import { map } from '../../lib/index.js';
import { buffersOf } from '../buffers-of.js';
import { argument, printFigures } from '../trial.js';

const PIECE = 2 ** 20;
const NEWLINE = 10;

type Pieces = Iterable<Buffer> | AsyncIterable<Buffer>;

const file = argument(0);
const { size } = fs.statSync(file);

function* mapped(): Generator<Buffer> {
  const mapping = map(file, { access: 'read', advice: 'sequential' });
  for (const buffer of buffersOf(mapping))
    for (let at = 0; at < buffer.length; at += PIECE) yield buffer.subarray(at, at + PIECE);
  mapping.close();
}

/** The same Buffer each time. */
function* parts(): Generator<Buffer> {
  const fd = fs.openSync(file, 'r');
  const buffer = Buffer.allocUnsafe(PIECE);
  for (let length = fs.readSync(fd, buffer); length > 0; length = fs.readSync(fd, buffer))
    yield buffer.subarray(0, length);
  fs.closeSync(fd);
}

const ways: Readonly<Record<string, () => Pieces>> = {
  mapped,
  parts,
  stream: () => fs.createReadStream(file, { highWaterMark: PIECE }),
};

async function countNewlines(pieces: Pieces): Promise<number> {
  let count = 0;
  for await (const piece of pieces)
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

async function crcOf(pieces: Pieces): Promise<number> {
  let crc = 0;
  for await (const piece of pieces) crc = zlib.crc32(piece, crc);
  return crc;
}

/** Nanoseconds per MiB. @throws Error for a wrong result. */
async function measure(scan: (pieces: Pieces) => Promise<number>, expected: number): Promise<number> {
  const start = process.hrtime.bigint();
  const result = await scan(ways[argument(1)]!());
  const time = Number(process.hrtime.bigint() - start);
  if (result !== expected) throw new Error(`${scan.name}: ${result}, not ${expected}`);
  return time / (size / 2 ** 20);
}

async function main(): Promise<void> {
  const expected = JSON.parse(fs.readFileSync(`${file}.json`, 'utf8')) as { newlines: number; crc: number };
  printFigures({
    newlines: await measure(countNewlines, expected.newlines),
    crc: await measure(crcOf, expected.crc),
  });
}

void main();
