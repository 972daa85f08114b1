// files.guard() covers all of node:fs that opens or changes a file: every function, every kind of path, also functions
// that were patched before.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { files, map, probeSync } from '../../lib/index.js';
import { rejected, thrown } from '../support/errors.js';
import { copyOfFs, type Fs } from '../support/file-forms.js';
import { Scratch } from '../support/scratch.js';
import { sealPath } from '../support/sealed.js';
import { native } from '../support/backends.js';

const scratch = new Scratch();
const LENGTH = 100;

/** They change no block map, and open no file but by functions that are guarded. (Directories have no leases.) */
const harmless = new Set(
  `access accessSync chmod chmodSync chown chownSync close closeSync exists existsSync fchmod fchmodSync fchown fchownSync fdatasync fdatasyncSync
  fstat fstatSync fsync fsyncSync futimes futimesSync glob globSync lchmod lchmodSync lchown lchownSync link linkSync lstat lstatSync lutimes lutimesSync
  mkdir mkdirSync mkdtemp mkdtempDisposable mkdtempDisposableSync mkdtempSync opendir opendirSync read readSync readdir readdirSync readlink readlinkSync
  readv readvSync realpath realpathSync rename renameSync rm rmSync rmdir rmdirSync stat statSync statfs statfsSync symlink symlinkSync unlink unlinkSync
  unwatchFile utimes utimesSync watch watchFile
  Dir Dirent Stats _toUnixTimestamp
  createReadStream createWriteStream ReadStream WriteStream FileReadStream FileWriteStream Utf8Stream`.split(/\s+/),
);

/** Of a FileHandle, which is open already. Its streams and its writer use write() and writev(). */
const harmlessMethods = new Set(
  `constructor chmod chown close createReadStream createWriteStream datasync getAsyncId read readFile readLines
  readableWebStream readv stat sync utimes`.split(/\s+/),
);

function functionsOf(object: object): string[] {
  const isFunction = (name: string): boolean =>
    typeof Object.getOwnPropertyDescriptor(object, name)?.value === 'function';
  return Object.getOwnPropertyNames(object).filter(
    (name) => isFunction(name) || typeof Object.getOwnPropertyDescriptor(object, name)?.get === 'function',
  );
}

/** The functions that the guard leaves as they are. */
function unwrapped(before: ReadonlyMap<string, unknown>, object: object): string[] {
  return functionsOf(object).filter(
    (name) => before.get(name) === Reflect.get(object, name) && typeof before.get(name) === 'function',
  );
}

function valuesOf(object: object): Map<string, unknown> {
  return new Map(functionsOf(object).map((name) => [name, name === 'fd' ? undefined : Reflect.get(object, name)]));
}

test('every function of node:fs, fs.promises and FileHandle is guarded, or known to be harmless', async () => {
  const handle = await fs.promises.open(scratch.file(1), 'r');
  const prototype = Object.getPrototypeOf(handle) as object;
  const objects = [fs, fs.promises, prototype] as const;
  const before = objects.map(valuesOf);
  const undo = files.guard(fs);
  try {
    await (await fs.promises.open(scratch.file(1), 'r')).close(); // shows the class of FileHandles, if none was seen
    const [ofFs = [], ofPromises = [], ofHandle = []] = objects.map((object, at) =>
      unwrapped(before[at] ?? new Map(), object),
    );
    const unknown = (names: readonly string[], known: ReadonlySet<string>): string[] =>
      names.filter((name) => !known.has(name));
    // A function that a new Node has: guard it, or put it on the list above.
    expect([unknown(ofFs, harmless), unknown(ofPromises, harmless), unknown(ofHandle, harmlessMethods)]).toEqual([
      [],
      [],
      [],
    ]);
    expect([ofFs.includes('writeFileSync'), ofPromises.includes('writeFile'), ofHandle.includes('write')]).toEqual([
      false,
      false,
      false,
    ]);
  } finally {
    undo();
    await handle.close();
  }
});

/** Everything that truncates or writes by path; `to` is a sealed file. */
const changes: Readonly<Record<string, (of: Fs, to: fs.PathLike) => unknown>> = {
  writeFileSync: (of, to) => of.writeFileSync(to, 'x'),
  appendFileSync: (of, to) => of.appendFileSync(to, 'x'),
  openSync: (of, to) => of.openSync(to, 'w'),
  truncateSync: (of, to) => of.truncateSync(to, 1),
  copyFileSync: (of, to) => of.copyFileSync(scratch.file(10), to),
  'readFileSync, truncating': (of, to) => of.readFileSync(to, { flag: 'w+' }),
  writeFile: (of, to) => callback((done) => of.writeFile(to, 'x', done)),
  appendFile: (of, to) => callback((done) => of.appendFile(to, 'x', done)),
  open: (of, to) => callback((done) => of.open(to, 'w', done)),
  truncate: (of, to) => callback((done) => of.truncate(to, 1, done)),
  copyFile: (of, to) => callback((done) => of.copyFile(scratch.file(10), to, done)),
  'promises.writeFile': (of, to) => of.promises.writeFile(to, 'x'),
  'promises.appendFile': (of, to) => of.promises.appendFile(to, 'x'),
  'promises.open': (of, to) => of.promises.open(to, 'w'),
  'promises.truncate': (of, to) => of.promises.truncate(to, 1),
  'promises.copyFile': (of, to) => of.promises.copyFile(scratch.file(10), to),
  createWriteStream: (of, to) =>
    new Promise<void>((resolve, reject) => of.createWriteStream(to).on('error', reject).on('finish', resolve).end('x')),
};

function callback(start: (done: (error: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) =>
    start((error) => (error === null || error === undefined ? resolve() : reject(error))),
  );
}

/** A path in each form that node:fs takes. */
const forms: Readonly<Record<string, (path: string) => fs.PathLike>> = {
  'a string': (path) => path,
  'a Buffer': (path) => Buffer.from(path),
  'a URL': (path) => pathToFileURL(path),
  // As jest-environment-jsdom and other libraries have them.
  'an object like a URL': (path) => {
    const { href, protocol, pathname } = pathToFileURL(path);
    return { href, protocol, pathname, hostname: '' } as URL;
  },
  'a Uint8Array of another realm': (path) =>
    (vm.runInNewContext('Uint8Array') as Uint8ArrayConstructor).from(Buffer.from(path)) as Buffer,
};

describe.each(Object.entries(forms))('a path that is %s', (_form, pathOf) => {
  const guarded = copyOfFs();
  let undo: () => void;
  beforeAll(() => {
    undo = files.guard(guarded);
  });
  afterAll(() => undo());

  test.each(Object.entries(changes))('%s of a sealed file: ETXTBSY, and nothing has changed', async (_name, change) => {
    const path = scratch.file(LENGTH);
    using seal = sealPath(path);
    expect((await rejected(Promise.resolve().then(() => change(guarded, pathOf(path))))).code).toBe('ETXTBSY');
    expect([fs.statSync(path).size, seal.verify().state]).toEqual([LENGTH, 'held']);
  });
});

const leased = native.andUnless(
  probeSync(scratch.dir).leases.answer === 'yes',
  'the file system of the temporary directory has no leases',
  'set TMPDIR to a directory on ext4, xfs or tmpfs',
);
leased.describe('a leased file', () => {
  const reads: Readonly<Record<string, (of: Fs, path: fs.PathLike) => unknown>> = {
    readFileSync: (of, path) => of.readFileSync(path),
    openAsBlob: (of, path) => of.openAsBlob(path),
    ...('openAsBlobSync' in fs
      ? {
          openAsBlobSync: (of: Fs, path: fs.PathLike) =>
            (of as unknown as { openAsBlobSync(path: fs.PathLike): unknown }).openAsBlobSync(path),
        }
      : {}),
    'promises.readFile': (of, path) => of.promises.readFile(path),
  };

  test.each(Object.entries(reads))('%s, by a path of each form: EAGAIN, and the lease stays', async (_name, read) => {
    const guarded = copyOfFs();
    const undo = files.guard(guarded);
    const path = scratch.file(4096);
    const mapping = map(path, { direct: { enforcement: 'lease', policy: 'breakable', deadline: 500 } });
    try {
      for (const pathOf of Object.values(forms))
        expect((await rejected(Promise.resolve().then(() => read(guarded, pathOf(path))))).code).toBe('EAGAIN');
      expect([mapping.seals[0]?.enforcement, mapping.seals[0]?.state]).toEqual(['lease', 'held']);
    } finally {
      mapping.close();
      undo();
    }
  });
});

describe('a function that other code has patched before', () => {
  const calls: Readonly<Record<string, (of: Fs, path: string) => unknown>> = {
    ...changes,
    'readFileSync, truncating': (of, path) => of.openSync(path, 'r+'),
  };

  /** A copy of node:fs that counts the calls of its functions by name. */
  function patchedFs(): { of: Fs; counts: Map<string, number> } {
    const of = copyOfFs();
    const counts = new Map<string, number>();
    for (const object of [of, of.promises] as object[]) {
      for (const name of functionsOf(object)) {
        const original = Reflect.get(object, name) as (...args: unknown[]) => unknown;
        if (/^[A-Z_]/.test(name)) continue;
        Reflect.set(object, name, function (this: unknown, ...args: unknown[]) {
          counts.set(name, (counts.get(name) ?? 0) + 1);
          return Reflect.apply(original, this, args);
        });
      }
    }
    return { of, counts };
  }

  test.each(Object.keys(calls))('%s goes through it once', async (name) => {
    const { of, counts } = patchedFs();
    const undo = files.guard(of);
    try {
      const made = await calls[name]?.(of, scratch.file(LENGTH));
      if (typeof made === 'number') fs.closeSync(made);
      else if (typeof made === 'object' && made !== null && 'close' in made)
        await (made as fs.promises.FileHandle).close();
      expect(counts.get(name === 'readFileSync, truncating' ? 'openSync' : (name.split('.').at(-1) ?? ''))).toBe(1);
    } finally {
      undo();
    }
  });

  test('it still truncates a file that it alone knows: a file in memory, of no file system', () => {
    const of = copyOfFs();
    const truncated: unknown[] = [];
    of.truncateSync = (path, length) => void truncated.push(path, length);
    const undo = files.guard(of);
    of.truncateSync('/zip:/archive/entry', 3);
    undo();
    expect(truncated).toEqual(['/zip:/archive/entry', 3]);
  });

  test('an error of the system wins over the seal, as ever: a file that cannot be written', async () => {
    const guarded = copyOfFs();
    const undo = files.guard(guarded);
    try {
      expect(thrown(() => guarded.truncateSync(scratch.dir, 1)).code).toBe('EISDIR');
      expect((await rejected(guarded.promises.truncate(scratch.path('missing'), 1))).code).toBe('ENOENT');
    } finally {
      undo();
    }
  });
});
