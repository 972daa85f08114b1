// Every number that may be 0 is -0. Some versions of node:fs end the process for a -0 that reaches them.
import { closeSync, openSync, statSync } from 'node:fs';
import { chdir } from 'node:process';
import { files, map } from '../../../lib/index.js';

const [, , folder = ''] = process.argv;
chdir(folder);

async function openFiles(): Promise<void> {
  closeSync(files.open('new', 'w', -0));
  closeSync(await files.promises.open('newer', 'w', -0));
  closeSync(files.open('old', 'w'));
  closeSync(files.open('old', -0));
}

async function writeFiles(): Promise<void> {
  const fd = openSync('written', 'w+');
  const bytes = Buffer.from('abc');
  files.write(fd, bytes, -0, 3, -0);
  files.write(fd, bytes, 0, -0, 0);
  await files.promises.write(fd, bytes, -0, -0, -0);
  files.ftruncate(fd, -0);
  await files.promises.ftruncate(fd, -0);
  closeSync(fd);
  files.truncate('written', -0);
}

function mapFiles(): void {
  for (const backend of ['native', 'emulated'] as const) {
    const mapping = map(`made-${backend}`, { backend, create: true, size: 100, mode: -0, offset: -0, flags: -0 });
    mapping.write(Buffer.from('x'), -0);
    mapping.fill(-0, -0, 10);
    mapping.persistRanges([[-0, -0]]);
    if (!Object.is(mapping.offset, 0)) throw new Error('the offset of the mapping is -0');
    mapping.close();
    if ((statSync(`made-${backend}`).mode & 0o777) !== 0) throw new Error('the mode is not 0');
  }
}

async function main(): Promise<void> {
  await openFiles();
  await writeFiles();
  mapFiles();
  console.log('done');
}

void main();
