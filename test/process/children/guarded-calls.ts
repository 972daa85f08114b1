/**
 * Makes guarded calls for a trace of their system calls: each between two marks, on its own files in the directory of
 * the argument.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { files, map, seals } from '../../../lib/index.js';

const SIZE = 65536;
/** The first calls of a function load code and fill caches. */
const WARM_UP = 3;

const directory = process.argv[2] ?? '';

function file(name: string): string {
  const path = join(directory, name);
  fs.writeFileSync(path, Buffer.alloc(SIZE, 1));
  return path;
}

/** The trace shows the path. */
function mark(name: string): void {
  fs.existsSync(`/mark/${name}`);
}

function traced(name: string, call: () => unknown): void {
  for (let i = 0; i < WARM_UP; i++) call();
  mark(name);
  call();
  mark('end');
}

function refused(name: string, call: () => unknown): void {
  traced(`refused ${name}`, () => assert.throws(call, { code: 'ETXTBSY' }));
}

const bytes = Buffer.alloc(64, 2);

function onUnsealed(path: string): void {
  const fd = fs.openSync(path, 'r+');
  traced('write', () => files.write(fd, bytes, 0, bytes.length, 0));
  traced('ftruncate', () => files.ftruncate(fd, SIZE));
  traced('fallocate', () => files.fallocate(fd, 0, 0, 4096));
  traced('append to a descriptor', () => files.append(fd, bytes));
  traced('truncate', () => files.truncate(path, SIZE));
  traced('append', () => files.append(path, bytes));
  traced('isSealed', () => seals.isSealed(path));
  fs.closeSync(fd);
}

function onMapped(path: string): void {
  using mapping = map(path);
  traced('isSealed of a mapped file', () => seals.isSealed(mapping.path ?? ''));
}

function onSealed(path: string): void {
  using mapping = map(path);
  mapping.seal();
  const fd = fs.openSync(path, 'r+');
  traced('isSealed of a sealed file', () => seals.isSealed(path));
  refused('truncate', () => files.truncate(path, 1));
  refused('append', () => files.append(path, bytes));
  refused('open', () => files.open(path, 'w'));
  refused('ftruncate', () => files.ftruncate(fd, 1));
  fs.closeSync(fd);
}

onUnsealed(file('unsealed'));
onMapped(file('mapped'));
onSealed(file('sealed'));
console.log('done');
