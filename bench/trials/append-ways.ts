// Durable appends of records, into a file with all its blocks. Arguments: FILE WAY RECORDS FLIGHT...
// WAY: persist|write|fdatasync|dsync: each record is durable before the next; prints `single`. persistAsync|datasync:
// so many records at a time are in flight; prints `flightN` for each FLIGHT.
import fs from 'node:fs';
import { mapAs } from '../granularity.js';
import { nanosecondsPerRecord, RECORD, record } from '../record.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const file = argument(0);
const count = numericArgument(2);

type Append = (index: number) => void;
type AppendAsync = (index: number) => Promise<unknown>;

const single: Readonly<Record<string, () => Append>> = {
  persist: () => {
    const mapping = mapAs('page', file);
    const { buffer } = mapping;
    return (index) => {
      buffer.set(record(index), index * RECORD);
      mapping.persist(index * RECORD, RECORD);
    };
  },
  write: () => {
    const mapping = mapAs('page', file);
    return (index) => mapping.write(record(index), index * RECORD);
  },
  fdatasync: () => {
    const fd = fs.openSync(file, 'r+');
    return (index) => {
      fs.writeSync(fd, record(index), 0, RECORD, index * RECORD);
      fs.fdatasyncSync(fd);
    };
  },
  dsync: () => {
    const fd = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_DSYNC);
    return (index) => void fs.writeSync(fd, record(index), 0, RECORD, index * RECORD);
  },
};

const flying: Readonly<Record<string, () => Promise<AppendAsync>>> = {
  persistAsync: async () => {
    const mapping = mapAs('page', file);
    const { buffer } = mapping;
    return (index) => {
      buffer.set(record(index), index * RECORD);
      return mapping.persistAsync(index * RECORD, RECORD);
    };
  },
  datasync: async () => {
    const handle = await fs.promises.open(file, 'r+');
    return async (index) => {
      // A copy, because record() returns the same memory each time.
      await handle.write(Buffer.from(record(index)), 0, RECORD, index * RECORD);
      await handle.datasync();
    };
  },
};

/** Nanoseconds per record, with `flight` records in flight. */
async function inFlight(append: AppendAsync, flight: number): Promise<number> {
  const start = process.hrtime.bigint();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await append(next++);
  };
  await Promise.all(Array.from({ length: flight }, lane));
  return Number(process.hrtime.bigint() - start) / count;
}

function checkRecords(): void {
  const bytes = fs.readFileSync(file);
  for (let index = 0; index < count; index++)
    if (!record(index).equals(bytes.subarray(index * RECORD, (index + 1) * RECORD)))
      throw new Error(`record ${index} is not in the file`);
}

async function measure(): Promise<Record<string, number>> {
  const way = single[argument(1)];
  if (way !== undefined) {
    const append = way();
    const all = (from: number, to: number): void => {
      for (let index = from; index < to; index++) append(index);
    };
    return { single: nanosecondsPerRecord(all, count) };
  }
  const append = await flying[argument(1)]!();
  const figures: Record<string, number> = {};
  await inFlight(append, 1); // compiles the code
  for (const flight of process.argv.slice(5).map(Number)) figures[`flight${flight}`] = await inFlight(append, flight);
  return figures;
}

void measure().then((figures) => {
  checkRecords();
  printFigures(figures);
});
