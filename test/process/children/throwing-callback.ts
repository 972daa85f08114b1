/** A callback of a guarded function that throws. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { files } from '../../../lib/files.js';
import { sealPath } from '../../support/sealed.js';

const path = join(tmpdir(), `mapdirect-test-${process.pid}`);
fs.writeFileSync(path, 'content');
sealPath(path);
files.guard(fs);
let caught = 0;
process.on('uncaughtException', (error, origin) => {
  if (error.message !== 'of the callback' || origin !== 'uncaughtException') throw error;
  if (++caught < 2) return;
  fs.unlinkSync(path);
  console.log('done');
});
fs.writeFile(path, 'x', () => {
  throw new Error('of the callback');
});
const fd = fs.openSync(path, 'r+');
fs.write(fd, 'x', 0, () => {
  throw new Error('of the callback');
});
