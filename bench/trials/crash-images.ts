// Processor time of one image of CrashSimulator.check(), on 64 KiB. Arguments: FIGURE byte|cache-line|page records|log
// IMAGES
import zlib from 'node:zlib';
import { map, type Mapping } from '../../lib/index.js';
import { CrashSimulator, type CrashReport, type SimulatorOptions } from '../../lib/testing/index.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const SIZE = 65536;
const RECORDS = 20;
const PAYLOAD = 32;
const HEAD = 8;
const FIRST = 64;
const SECTOR = 512;
const PATH = 'crash-images.log';

function checksum(bytes: Buffer, start: number): number {
  return zlib.crc32(bytes.subarray(start, start + PAYLOAD));
}

/** Records of one length, each with a checksum; the word at 0 counts them. */
class Log {
  private readonly bytes: Buffer;

  constructor(readonly mapping: Mapping) {
    this.bytes = mapping.buffer;
  }

  append(payload: Buffer): void {
    const count = this.bytes.readUInt32LE(0);
    const record = Buffer.alloc(HEAD + PAYLOAD);
    payload.copy(record, HEAD);
    record.writeUInt32LE(checksum(record, HEAD));
    this.mapping.write(record, FIRST + count * record.length);
    this.mapping.persistWord(0, count + 1);
  }

  /** Records with a right checksum. */
  count(): number {
    let right = 0;
    for (let record = 0; record < this.bytes.readUInt32LE(0); record++) {
      const at = FIRST + record * (HEAD + PAYLOAD);
      if (checksum(this.bytes, at + HEAD) === this.bytes.readUInt32LE(at)) right++;
    }
    return right;
  }
}

/** Words of different units, so that `images` contents are possible. */
function storeWords(mapping: Mapping, images: number, distance: number): void {
  const words = new BigUint64Array(mapping.buffer.buffer, mapping.buffer.byteOffset, SIZE / 8);
  for (let word = 0; word < Math.log2(images); word++)
    Atomics.store(words, 2048 + (word * distance) / 8, BigInt(word + 1) * 0x0101010101010101n);
  mapping.persist();
}

async function cpuNanoseconds(check: () => Promise<CrashReport>): Promise<number> {
  const before = process.cpuUsage();
  const { images, failures } = await check();
  const { user, system } = process.cpuUsage(before);
  if (failures[0] !== undefined) throw failures[0].error;
  return ((user + system) * 1000) / images;
}

async function main(): Promise<void> {
  const granularity = argument(1) as NonNullable<SimulatorOptions['granularity']>;
  const isLog = argument(2) === 'log';
  const images = numericArgument(3);
  using simulator = new CrashSimulator({ size: SIZE, granularity, ...(isLog ? { path: PATH } : {}) });
  const log = new Log(simulator.mapping);
  for (let record = 0; record < RECORDS; record++) log.append(Buffer.alloc(PAYLOAD, record + 1));
  simulator.settle();
  storeWords(simulator.mapping, images, granularity === 'page' ? SECTOR : 8);
  const open = (): number => {
    using mapping = map(PATH);
    return new Log(mapping).count();
  };
  const recoverRecords = (mapping: Mapping): number => new Log(mapping).count();
  const check = (): Promise<CrashReport> =>
    simulator.check(isLog ? open : recoverRecords, (count) => count === RECORDS, { limit: 2 * images });
  printFigures({ [argument(0)]: await cpuNanoseconds(check) });
}

void main();
