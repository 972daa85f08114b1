// A relative path means the file that it named when the call was made, whatever chdir() comes before the call has
// ended. Arguments: DIRECTORY, BACKEND.
import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { files, mapAsync, stats } from '../../../lib/index.js';
import { selectBackend } from '../../../lib/backend/select.js';

const [dir = '', backend = 'native'] = process.argv.slice(2) as [string?, ('native' | 'emulated')?];
const one = join(dir, 'one');
const two = join(dir, 'two');
mkdirSync(join(one, 'sub'), { recursive: true });
mkdirSync(two);

/** The directories that are opened during `body`, in order. */
async function opened(body: () => Promise<void>): Promise<string[]> {
  const seen: string[] = [];
  const prototype = Object.getPrototypeOf(selectBackend(backend).files) as {
    open(path: string, flags: number, mode: number): number;
  };
  const { open } = prototype;
  prototype.open = function (path, flags, mode) {
    const fd = open.call(this, path, flags, mode);
    if (statSync(`/proc/self/fd/${fd}`).isDirectory()) seen.push(path);
    return fd;
  };
  try {
    await body();
  } finally {
    prototype.open = open;
  }
  return seen;
}

async function madeAndSynced(): Promise<void> {
  for (const [path, directory] of [
    ['sub/a.bin', join(one, 'sub')],
    ['a.bin', one],
    ['sub/../b.bin', `${one}/sub/..`],
  ] as const) {
    process.chdir(one);
    const directories = await opened(async () => {
      const mapping = mapAsync(path, { backend, create: true, size: 1 << 20 });
      process.chdir(two);
      (await mapping).close();
    });
    assert.deepEqual(directories, [directory]);
    assert.deepEqual(readdirSync(two), []);
  }
  assert.deepEqual(readdirSync(one).sort(), ['a.bin', 'b.bin', 'sub']);
}

async function takenBack(): Promise<void> {
  symlinkSync('sub/through', join(one, 'link'));
  for (const path of ['aborted.bin', 'link']) {
    process.chdir(one);
    const controller = new AbortController();
    const refused = assert.rejects(
      mapAsync(path, {
        backend,
        create: true,
        size: 1 << 20,
        signal: controller.signal,
        onProgress: () => controller.abort(),
        populate: true,
      }),
      { name: 'AbortError' },
    );
    process.chdir(two);
    writeFileSync(path, "another's");
    await refused;
    assert.equal(readFileSync(join(two, path), 'latin1'), "another's");
  }
  assert.equal(existsSync(join(one, 'aborted.bin')), false);
  assert.deepEqual(readdirSync(join(one, 'sub')), ['a.bin']);
  assert.ok(lstatSync(join(one, 'link')).isSymbolicLink());
}

/** Each of these makes more than one system call on its path. */
async function fileOperations(): Promise<void> {
  for (const buffer of [false, true]) {
    const named = (name: string): string | Buffer => (buffer ? Buffer.from(name) : name);
    const content = (at: string): string => readFileSync(join(at, 'file'), 'latin1');
    const start = (): void => {
      for (const each of [one, two]) writeFileSync(join(each, 'file'), 'content');
      process.chdir(one);
    };
    start();
    const truncated = files.promises.truncate(named('file'), 3);
    process.chdir(two);
    await truncated;
    assert.deepEqual([content(one), content(two)], ['con', 'content']);
    start();
    const appended = files.promises.append(named('file'), Buffer.from('+'));
    process.chdir(two);
    await appended;
    assert.deepEqual([content(one), content(two)], ['content+', 'content']);
    start();
    const emptied = files.promises.open(named('file'), 'w');
    process.chdir(two);
    await files.promises.ftruncate(await emptied, 0);
    assert.deepEqual([content(one), content(two)], ['', 'content']);
    start();
    const missing = files.promises.truncate(named('no-such-file'), 3);
    process.chdir(two);
    await assert.rejects(
      missing,
      (error: NodeJS.ErrnoException) => error.path === 'no-such-file' && !error.message.includes(one),
    );
  }
}

async function main(): Promise<void> {
  await madeAndSynced();
  await takenBack();
  await fileOperations();
  assert.equal(stats().mappings, 0);
  process.stdout.write('done\n');
}

void main();
