/** A guarded node:fs and a file that it has a descriptor of, and cannot open once more. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { files } from '../../../lib/files.js';
import { whileSealed } from '../../support/actors.js';
import { takeDescriptors } from '../../support/take-descriptors.js';

const NOBODY = 65534;

function dropPrivileges(): void {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}

async function main(path: string, scenario: string): Promise<void> {
  const [fd, writable] = [fs.openSync(path, 'a'), fs.openSync(path, 'r+')];
  files.guard(fs);
  await whileSealed('another process', path, async () => {
    if (scenario === 'no privileges') dropPrivileges();
    else takeDescriptors();
    assert.throws(() => fs.openSync(path, 'r'), { code: scenario === 'no privileges' ? 'EACCES' : 'EMFILE' });
    assert.throws(() => fs.writeSync(fd, 'x'), { code: 'ETXTBSY' });
    assert.throws(() => fs.writeSync(fd, 'x', 0), { code: 'ETXTBSY' }); // it would go to the end all the same
    assert.throws(() => fs.ftruncateSync(writable, 1), { code: 'ETXTBSY' });
    await assert.rejects(files.promises.ftruncate(writable, 1), { code: 'ETXTBSY' });
  });
  assert.equal(fs.fstatSync(fd).size, 100);
  assert.equal(fs.writeSync(fd, 'x'), 1);
  fs.ftruncateSync(writable, 50);
  await files.promises.write(writable, Buffer.from('x'), 0, 1, 0);
  assert.equal(fs.fstatSync(fd).size, 50);
  console.log('done');
}

void main(process.argv[2] ?? '', process.argv[3] ?? '');
