// mmap-io: open, map, read the first byte, drop the Buffer (there is no unmap), close. Arguments: FILE COUNT PACKAGE
import fs from 'node:fs';
import { loadMmapIo } from '../rivals/npm/mmap-io.js';
import { argument, nanosecondsPerOperation, numericArgument, printFigures } from '../trial.js';

const file = argument(0);
const rival = loadMmapIo(argument(2));
const protection = rival.PROT_READ | rival.PROT_WRITE;
// The caller must know the length. The time to find it is left out, in favour of the rival.
const length = fs.statSync(file).size;
let sum = 0;

function operation(): void {
  const fd = fs.openSync(file, 'r+');
  sum += 1 + (rival.map(length, protection, rival.MAP_SHARED, fd)[0] ?? 0);
  fs.closeSync(fd);
}

void nanosecondsPerOperation(operation, numericArgument(1)).then((nanoseconds) => {
  if (sum === 0) throw new Error('nothing was mapped');
  printFigures({ nanoseconds });
});
