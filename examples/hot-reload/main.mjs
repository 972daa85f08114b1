// Publishes versions of a file, one after the other, while workers read it. The next version comes when each worker has
// answered from the one before.
//
//   node main.mjs [WORKERS] [VERSIONS]
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { publish } from './reloading-file.mjs';

const LENGTH = 2 ** 20;

/** A whole number from 1 to 32. */
function numberOf(text, name) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 32) return value;
  console.error(`${name} must be a whole number from 1 to 32, not '${text}'`);
  return process.exit(2);
}

const [workerCount = '2', versionCount = '5'] = process.argv.slice(2);
const workers = numberOf(workerCount, 'WORKERS');
const versions = numberOf(versionCount, 'VERSIONS');
const directory = mkdtempSync(join(tmpdir(), 'mapdirect-hot-reload-'));
const path = join(directory, 'data.bin');
const generation = new Int32Array(new SharedArrayBuffer(4));

/** A file of which each word is the number of the version. */
function contentOf(version) {
  return Buffer.from(new Uint32Array(LENGTH / 4).fill(version).buffer);
}

try {
  publish(path, contentOf(1), generation);
  const readers = Array.from({ length: workers }, () => {
    return new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { path, generation } });
  });
  for (let version = 1; version <= versions; version++) {
    const answered = readers.map((reader) => once(reader, 'message'));
    if (version > 1) publish(path, contentOf(version), generation);
    await Promise.all(answered);
  }
  for (const [number, reader] of readers.entries()) {
    const result = once(reader, 'message');
    reader.postMessage('stop');
    const [{ seen, mixed }] = await result;
    console.log(`worker ${number} answered from versions ${seen.join(' ')}, ${mixed} mixed answers`);
    if (mixed > 0 || seen.length !== versions) process.exitCode = 1;
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
