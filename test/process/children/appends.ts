/** Appends lines to a file in every form. No append may be refused while the file is not sealed. */
import fs from 'node:fs';
import { files } from '../../../lib/files.js';

const [path = '', name = ''] = process.argv.slice(2);
const ROUNDS = 50;

async function main(): Promise<void> {
  const fd = fs.openSync(path, 'r+');
  for (let round = 0; round < ROUNDS; round++) {
    files.append(path, Buffer.from(`${name} path ${round}\n`));
    files.append(fd, Buffer.from(`${name} descriptor ${round}\n`));
    await Promise.all(
      [1, 2, 3].map((which) => files.promises.append(path, Buffer.from(`${name} promise ${which} ${round}\n`))),
    );
  }
  fs.closeSync(fd);
  console.log('done');
}

void main();
