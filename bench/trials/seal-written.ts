// Seals a file that needs no preparation, and reads its extents as a seal does. Arguments: FILE
import fs from 'node:fs';
import { selectBackend } from '../../lib/backend/select.js';
import { map } from '../../lib/index.js';
import { medianOf } from '../statistics.js';
import { argument, nanoseconds, printFigures } from '../trial.js';

const ROUNDS = 21;

const path = argument(0);
const { files } = selectBackend('native');
const fd = fs.openSync(path, 'r');
const { size } = fs.fstatSync(fd);
const mapping = map(path);

function sealed(): number {
  const start = process.hrtime.bigint();
  const seal = mapping.seal();
  const taken = Number(process.hrtime.bigint() - start);
  seal.release();
  return taken;
}

sealed(); // compiles the code
const seal = medianOf(ROUNDS, sealed);
const fiemap = medianOf(ROUNDS, () => nanoseconds(() => files.readExtents(fd, 0, size, 'synced')));
printFigures({ seal, fiemap, own: seal - fiemap });
mapping.close();
