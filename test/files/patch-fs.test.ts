import { afterEach, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import { linkSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { files } from '../../lib/files.js';
import { map, probeSync } from '../../lib/index.js';
import { expectMisuse, rejected, thrown } from '../support/errors.js';
import { copyOfFs, type Fs } from '../support/file-forms.js';
import { Scratch } from '../support/scratch.js';
import { sealPath } from '../support/sealed.js';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';

const scratch = new Scratch();
const leased = native.andUnless(
  probeSync(tmpdir()).leases.answer === 'yes',
  'the file system of the temporary directory has no leases',
  'set TMPDIR to a directory on ext4, xfs or tmpfs',
);
const undos: Array<() => void> = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

function guardedCopy(): Fs {
  const copy = copyOfFs();
  undos.push(files.guard(copy));
  return copy;
}

type Ending = Readonly<Record<string, unknown>>;
type Handle = fs.promises.FileHandle;
type Scene = (fs: Fs, dir: string) => unknown;

/** The result of a call, without the name of the directory in it. */
async function endingOf(scene: Scene, of: Fs, dir: string): Promise<Ending> {
  const plain = (text: unknown): unknown => (typeof text === 'string' ? text.replaceAll(dir, '') : text);
  let when = 'at once';
  try {
    const given = scene(of, dir);
    when = 'later';
    const value: unknown = await given;
    return { value: typeof value === 'number' && value > 2 ? 'a number' : value };
  } catch (error) {
    const { code, errno, syscall, path, name, message, dest } = error as NodeJS.ErrnoException & { dest?: string };
    return { when, code, errno, syscall, name, path: plain(path), dest: plain(dest), message: plain(message) };
  }
}

function entryOf(dir: string, name: string): string {
  const path = join(dir, name);
  const status = lstatSync(path);
  if (status.isSymbolicLink()) return `to ${readlinkSync(path).replace(dir, '')}`;
  return status.isFile() ? `${status.mode} ${readFileSync(path, 'latin1')}` : 'other';
}

function contentOf(dir: string): Ending {
  const names = readdirSync(dir, { recursive: true }) as string[];
  return Object.fromEntries(names.sort().map((name) => [name, entryOf(dir, name)]));
}

function callback<T>(call: (done: (error: unknown, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value as T))));
}

function opened<T>(flags: string, body: (of: Fs, fd: number, dir: string) => T): Scene {
  return (of, dir) => {
    const fd = fs.openSync(join(dir, 'old'), flags);
    const end = (): void => fs.closeSync(fd);
    try {
      const value: unknown = body(of, fd, dir);
      if (value instanceof Promise) return value.finally(end);
      end();
      return value;
    } catch (error) {
      end();
      throw error;
    }
  };
}

function withHandle(flags: string, body: (handle: Handle, of: Fs) => Promise<unknown>): Scene {
  return async (of, dir) => {
    const handle = await of.promises.open(join(dir, 'old'), flags);
    try {
      return await body(handle, of);
    } finally {
      await handle.close();
    }
  };
}

const bad = null as never;
const BAD_FD = 2 ** 20 - 1;
const scenes: Readonly<Record<string, Scene>> = {
  'openSync: every flag': (of, dir) => {
    for (const flags of [
      'r',
      'rs',
      'r+',
      'w',
      'wx',
      'xw',
      'w+',
      'a',
      'ax',
      'a+',
      'as',
      0,
      577,
      'bogus',
      undefined,
    ] as string[]) {
      for (const name of ['old', `new-${flags}`]) {
        try {
          of.closeSync(of.openSync(join(dir, name), flags, 0o640));
        } catch {
          of.appendFileSync(join(dir, 'log'), `${flags} ${name};`);
        }
      }
    }
  },
  'openSync: missing': (of, dir) => of.openSync(join(dir, 'missing'), 'r'),
  'openSync: no directory, truncating': (of, dir) => of.openSync(join(dir, 'missing', 'x'), 'w'),
  'openSync: a directory, truncating': (of, dir) => of.openSync(dir, 'w'),
  'openSync: exclusive': (of, dir) => of.openSync(join(dir, 'old'), 'wx'),
  'openSync: read-only and truncating': (of, dir) => of.closeSync(of.openSync(join(dir, 'old'), fs.constants.O_TRUNC)),
  'openSync: no flags of node': (of, dir) => of.openSync(join(dir, 'old'), 'rw'),
  'openSync: a path with a null byte': (of) => of.openSync('a\0b', 'w'),
  'openSync: no path': (of) => of.openSync(bad, 'w'),
  'openSync: a bad mode': (of, dir) => of.openSync(join(dir, 'bad'), 'w', 'rwx'),
  'openSync: through a symbolic link to nothing': (of, dir) => {
    fs.symlinkSync(join(dir, 'target'), join(dir, 'link'));
    of.closeSync(of.openSync(join(dir, 'link'), 'w'));
  },
  'openSync: O_NOFOLLOW': (of, dir) => {
    fs.symlinkSync(join(dir, 'old'), join(dir, 'link'));
    return of.openSync(join(dir, 'link'), fs.constants.O_WRONLY | fs.constants.O_TRUNC | fs.constants.O_NOFOLLOW);
  },
  'openSync: a URL and a Buffer': (of, dir) => {
    of.closeSync(of.openSync(pathToFileURL(join(dir, 'url')), 'w'));
    of.closeSync(of.openSync(Buffer.from(join(dir, 'buffer')), 'w'));
  },
  'openSync: /dev/null': (of) => of.closeSync(of.openSync('/dev/null', 'w')),
  'open: truncating': async (of, dir) => of.closeSync(await promisify(of.open)(join(dir, 'old'), 'w')),
  'open: missing': (of, dir) => callback((done) => of.open(join(dir, 'no', 'x'), 'w', done)),
  'open: no callback': (of, dir) => of.open(join(dir, 'old'), 'w', bad),
  'open: bad flags': (of, dir) => of.open(join(dir, 'old'), 'rw', () => undefined),
  'open: a bad mode': (of, dir) => of.open(join(dir, 'x'), 'w', 'rwx' as never, () => undefined),
  'promises.open: truncating': async (of, dir) => (await of.promises.open(join(dir, 'old'), 'w')).close(),
  'promises.open: missing': (of, dir) => of.promises.open(join(dir, 'no', 'x'), 'w'),
  'promises.open: bad flags': (of, dir) => of.promises.open(join(dir, 'old'), 'rw'),
  'writeSync: in every way': opened('r+', (of, fd) => [
    of.writeSync(fd, Buffer.from('abc')),
    of.writeSync(fd, Buffer.from('abc'), 1),
    of.writeSync(fd, Buffer.from('abcdef'), 1, 2),
    of.writeSync(fd, Buffer.from('abcdef'), 1, 2, 20),
    of.writeSync(fd, Buffer.from('xyz'), { offset: 1, position: 30 } as never),
    of.writeSync(fd, new Uint16Array([258, 259])),
    of.writeSync(fd, 'äö'),
    of.writeSync(fd, 'hex', 40, 'latin1'),
    of.writeSync(fd, Buffer.alloc(0)),
    of.writevSync(fd, [Buffer.from('v'), Buffer.from('w')]),
    of.writevSync(fd, [Buffer.from('v'), Buffer.from('w')], 60),
    of.writevSync(fd, []),
  ]),
  'writeSync: append': opened('a', (of, fd) => of.writeSync(fd, 'at the end', 0)),
  'writeSync: read-only': opened('r', (of, fd) => of.writeSync(fd, 'x')),
  'writeSync: a bad offset': opened('r+', (of, fd) => of.writeSync(fd, Buffer.alloc(4), 5)),
  'writeSync: a bad length': opened('r+', (of, fd) => of.writeSync(fd, Buffer.alloc(4), 0, 5)),
  'writeSync: a bad encoding': opened('r+', (of, fd) => of.writeSync(fd, 'abc', 0, 'hex')),
  'writeSync: a number': opened('r+', (of, fd) => of.writeSync(fd, 5 as never)),
  'writeSync: no descriptor': (of) => of.writeSync(BAD_FD, 'x'),
  'writeSync: -1': (of) => of.writeSync(-1, 'x'),
  'writeSync: a string as descriptor': (of) => of.writeSync('1' as never, 'x'),
  'write: promisified': opened('r+', async (of, fd) => Object.keys(await promisify(of.write)(fd, Buffer.from('abc')))),
  'write: a string': opened('r+', (of, fd) => callback((done) => of.write(fd, 'abc', 3, 'utf8', done))),
  'write: read-only': opened('r', (of, fd) => callback((done) => of.write(fd, 'abc', done))),
  'write: no callback': opened('r+', (of, fd) => of.write(fd, 'abc', bad)),
  'write: a bad offset': opened('r+', (of, fd) => of.write(fd, Buffer.alloc(4), 9, 1, 0, () => undefined)),
  'write: no descriptor': (of) => callback((done) => of.write(BAD_FD, 'x', done)),
  'writev: promisified': opened('r+', async (of, fd) =>
    Object.keys(await promisify(of.writev)(fd, [Buffer.from('abc')])),
  ),
  'writev: no array': opened('r+', (of, fd) => of.writev(fd, bad, () => undefined)),
  'ftruncateSync: in every way': opened('r+', (of, fd) => [
    of.ftruncateSync(fd, 5),
    of.ftruncateSync(fd, -5),
    of.ftruncateSync(fd, 30),
  ]),
  'ftruncateSync: a bad length': opened('r+', (of, fd) => of.ftruncateSync(fd, 1.5)),
  'ftruncateSync: read-only': opened('r', (of, fd) => of.ftruncateSync(fd)),
  'ftruncateSync: no descriptor': (of) => of.ftruncateSync(BAD_FD),
  ftruncate: opened('r+', (of, fd) => callback((done) => of.ftruncate(fd, 3, done))),
  'ftruncate: no length': opened('r+', (of, fd) => callback((done) => of.ftruncate(fd, done))),
  'ftruncate: a bad length': opened('r+', (of, fd) => of.ftruncate(fd, 'x' as never, () => undefined)),
  truncateSync: (of, dir) => of.truncateSync(join(dir, 'old'), 4),
  'truncateSync: no length': (of, dir) => of.truncateSync(join(dir, 'old')),
  'truncateSync: missing': (of, dir) => of.truncateSync(join(dir, 'missing')),
  'truncateSync: a directory': (of, dir) => of.truncateSync(dir),
  'truncateSync: a bad length': (of, dir) => of.truncateSync(join(dir, 'old'), 'x' as never),
  truncate: (of, dir) => callback((done) => of.truncate(join(dir, 'old'), 4, done)),
  'truncate: no length': (of, dir) => callback((done) => of.truncate(join(dir, 'old'), done)),
  'truncate: missing': (of, dir) => callback((done) => of.truncate(join(dir, 'missing'), done)),
  'promises.truncate': (of, dir) => of.promises.truncate(join(dir, 'old'), 4),
  'promises.truncate: missing': (of, dir) => of.promises.truncate(join(dir, 'missing'), 4),
  'writeFileSync: in every way': (of, dir) => {
    of.writeFileSync(join(dir, 'a'), 'text');
    of.writeFileSync(join(dir, 'b'), Buffer.from('text'), { mode: 0o600 });
    of.writeFileSync(join(dir, 'c'), '7465', 'hex');
    of.writeFileSync(join(dir, 'd'), '7465', { encoding: 'hex', flag: 'wx' });
    of.writeFileSync(join(dir, 'old'), 'xx', { flag: 'r+' });
    of.writeFileSync(join(dir, 'e'), new Uint32Array([1]), null);
    of.writeFileSync(pathToFileURL(join(dir, 'f')), '');
    of.appendFileSync(join(dir, 'old'), 'more');
    of.appendFileSync(join(dir, 'g'), Buffer.from('more'), { mode: 0o600 });
  },
  'writeFileSync: a descriptor': opened('r+', (of, fd) => [
    of.writeFileSync(fd, 'abc'),
    of.appendFileSync(fd, 'def'),
    of.writeFileSync(fd, ''),
  ]),
  'writeFileSync: missing': (of, dir) => of.writeFileSync(join(dir, 'no', 'x'), 'x'),
  'writeFileSync: a directory': (of, dir) => of.writeFileSync(dir, 'x'),
  'writeFileSync: bad data leaves the content': (of, dir) => of.writeFileSync(join(dir, 'old'), 5 as never),
  'writeFileSync: a bad encoding': (of, dir) => of.writeFileSync(join(dir, 'old'), 'x', 'bogus' as never),
  'writeFileSync: bytes that are encoded as a buffer': (of, dir) =>
    of.writeFileSync(join(dir, 'old'), Buffer.from('x'), 'buffer' as never),
  'writeFileSync: text that is encoded as a buffer': (of, dir) =>
    of.writeFileSync(join(dir, 'old'), 'x', 'buffer' as never),
  'promises.writeFile: text that is encoded as a buffer': (of, dir) =>
    of.promises.writeFile(join(dir, 'old'), 'x', 'buffer' as never),
  'writeFileSync: a bad flag': (of, dir) => of.writeFileSync(join(dir, 'old'), 'x', { flag: 'rw' }),
  'writeFileSync: bad options': (of, dir) => of.writeFileSync(join(dir, 'old'), 'x', 5 as never),
  'writeFileSync: no descriptor': (of) => of.writeFileSync(BAD_FD, 'x'),
  'writeFile: text': (of, dir) => callback((done) => of.writeFile(join(dir, 'old'), 'text', done)),
  'writeFile: options': (of, dir) =>
    callback((done) => of.writeFile(join(dir, 'n'), '7465', { encoding: 'hex', mode: 0o600 }, done)),
  'writeFile: a descriptor': opened('r+', (of, fd) => callback((done) => of.writeFile(fd, 'abc', done))),
  'writeFile: missing': (of, dir) => callback((done) => of.writeFile(join(dir, 'no', 'x'), 'x', done)),
  'writeFile: bad data': (of, dir) => of.writeFile(join(dir, 'old'), 5 as never, () => undefined),
  'writeFile: no callback': (of, dir) => of.writeFile(join(dir, 'old'), 'x', bad),
  'writeFile: aborted': (of, dir) =>
    callback((done) => of.writeFile(join(dir, 'old'), 'x', { signal: AbortSignal.abort() }, done)),
  appendFile: (of, dir) => callback((done) => of.appendFile(join(dir, 'old'), 'more', done)),
  'promises.writeFile: in every way': async (of, dir) => {
    await of.promises.writeFile(join(dir, 'a'), 'text');
    await of.promises.writeFile(join(dir, 'b'), ['te', Buffer.from('xt')], { mode: 0o600 });
    await of.promises.writeFile(join(dir, 'c'), Readable.from(['te', 'xt']), 'utf8');
    await of.promises.writeFile(join(dir, 'd'), '7465', { encoding: 'hex', flag: 'wx' });
    await of.promises.appendFile(join(dir, 'old'), 'more');
  },
  'promises.writeFile: missing': (of, dir) => of.promises.writeFile(join(dir, 'no', 'x'), 'x'),
  'promises.writeFile: bad data': (of, dir) => of.promises.writeFile(join(dir, 'old'), 5 as never),
  'promises.writeFile: aborted': (of, dir) =>
    of.promises.writeFile(join(dir, 'old'), 'x', { signal: AbortSignal.abort() }),
  'promises.writeFile: a handle': withHandle('r+', (handle, of) => of.promises.writeFile(handle, 'abc')),
  'FileHandle: in every way': withHandle('r+', async (handle) => [
    (await handle.write('abc')).bytesWritten,
    (await handle.write(Buffer.from('abcdef'), 1, 2, 10)).bytesWritten,
    (await handle.write('äö', 20, 'latin1')).bytesWritten,
    (await handle.writev([Buffer.from('v'), Buffer.from('w')], 30)).bytesWritten,
    await handle.writeFile('written'),
    await handle.appendFile(Buffer.from('appended')),
    await handle.truncate(25),
    await pipeline(Readable.from(['str', 'eam']), handle.createWriteStream({ start: 2 })),
  ]),
  'FileHandle: bad data': withHandle('r+', (handle) => handle.write(5 as never)),
  'FileHandle: a bad length': withHandle('r+', (handle) => handle.truncate('x' as never)),
  'FileHandle: read-only': withHandle('r', (handle) => handle.writeFile('x')),
  'FileHandle: closed': async (of, dir) => {
    const handle = await of.promises.open(join(dir, 'old'), 'r+');
    await handle.close();
    return handle.write('x');
  },
  'readFileSync: in every way': (of, dir) => [
    of.readFileSync(join(dir, 'old'), 'utf8'),
    of.readFileSync(join(dir, 'old'), { encoding: 'hex' }),
    of.readFileSync(pathToFileURL(join(dir, 'other'))).toString(),
    of.readFileSync(join(dir, 'old'), { encoding: 'utf8', flag: 'w+' }),
    of.readFileSync(join(dir, 'other'), { flag: 'w+' }).length,
    of.readFileSync(join(dir, 'new'), { encoding: 'utf8', flag: 'a+' }),
  ],
  'readFileSync: a descriptor': opened('r', (of, fd) => [of.readFileSync(fd, 'utf8'), of.readFileSync(fd).length]),
  'readFileSync: missing': (of, dir) => of.readFileSync(join(dir, 'missing'), 'utf8'),
  'readFileSync: missing, truncating': (of, dir) =>
    of.readFileSync(join(dir, 'no', 'x'), { encoding: 'utf8', flag: 'w+' }),
  'readFileSync: a bad encoding': (of, dir) =>
    of.readFileSync(join(dir, 'old'), { encoding: 'bogus' as never, flag: 'w+' }),
  'readFileSync: a bad flag': (of, dir) => of.readFileSync(join(dir, 'old'), { flag: 'rw' }),
  'readFileSync: bad options': (of, dir) => of.readFileSync(join(dir, 'old'), 5 as never),
  'readFileSync: no path': (of) => of.readFileSync(bad),
  'readFile: text': (of, dir) => callback((done) => of.readFile(join(dir, 'old'), 'utf8', done)),
  'readFile: truncating': (of, dir) =>
    callback((done) => of.readFile(join(dir, 'old'), { encoding: 'utf8', flag: 'w+' }, done)),
  'readFileSync: truncating, and not to be read': (of, dir) => of.readFileSync(join(dir, 'old'), { flag: 'w' }),
  'readFileSync: new, and not to be read': (of, dir) =>
    of.readFileSync(join(dir, 'new'), { encoding: 'utf8', flag: 'wx' }),
  'readFile: truncating, and not to be read': (of, dir) =>
    callback((done) => of.readFile(join(dir, 'old'), { encoding: 'utf8', flag: 'w' }, done)),
  'readFile: new, and not to be read': (of, dir) =>
    callback((done) => of.readFile(join(dir, 'new'), { flag: 'wx' }, done)),
  'promises.readFile: truncating, and not to be read': (of, dir) =>
    of.promises.readFile(join(dir, 'old'), { flag: 'w' }),
  'promises.cp: missing': (of, dir) => of.promises.cp(join(dir, 'missing'), join(dir, 'copy')),
  'readFile: a descriptor': opened('r', (of, fd) => callback((done) => of.readFile(fd, 'utf8', done))),
  'readFile: missing, truncating': (of, dir) =>
    callback((done) => of.readFile(join(dir, 'no', 'x'), { flag: 'w+' }, done)),
  'readFile: no callback': (of, dir) => of.readFile(join(dir, 'old'), bad),
  'readFile: aborted': (of, dir) =>
    callback((done) => of.readFile(join(dir, 'old'), { flag: 'w+', signal: AbortSignal.abort() }, done)),
  'readFile: an empty flag': (of, dir) => of.readFile(join(dir, 'old'), { flag: '' }, () => undefined),
  'readFile: no signal': (of, dir) =>
    of.readFile(join(dir, 'old'), { flag: 'w+', signal: {} as never }, () => undefined),
  'readFile: null for a signal': (of, dir) => of.readFile(join(dir, 'old'), { signal: null as never }, () => undefined),
  'readFileSync: an empty flag': (of, dir) => of.readFileSync(join(dir, 'old'), { flag: '' }),
  'readFileSync: an empty encoding': (of, dir) =>
    of.readFileSync(join(dir, 'old'), { encoding: '' as never, flag: 'w+' }).length,
  'promises.readFile: an empty flag': (of, dir) =>
    of.promises.readFile(join(dir, 'old'), { encoding: 'utf8', flag: '' }),
  'promises.readFile: no signal': (of, dir) => of.promises.readFile(join(dir, 'old'), { signal: {} as never }),
  'writeFile: no signal': (of, dir) => of.writeFile(join(dir, 'old'), 'x', { signal: {} as never }, () => undefined),
  'writeFile: an empty flag': (of, dir) => callback((done) => of.writeFile(join(dir, 'old'), 'x', { flag: '' }, done)),
  'promises.readFile: in every way': async (of, dir) => [
    await of.promises.readFile(join(dir, 'old'), 'utf8'),
    await of.promises.readFile(join(dir, 'old'), { encoding: 'utf8', flag: 'w+' }),
    (await of.promises.readFile(join(dir, 'new'), { flag: 'w+' })).length,
  ],
  'promises.readFile: missing, truncating': (of, dir) => of.promises.readFile(join(dir, 'no', 'x'), { flag: 'w+' }),
  'promises.readFile: a handle': withHandle('r', (handle, of) => of.promises.readFile(handle, 'utf8')),
  openAsBlob: async (of, dir) => (await of.openAsBlob(join(dir, 'old'))).text(),
  'openAsBlob: a type that is no text': (of, dir) => of.openAsBlob(join(dir, 'old'), { type: 5 as never }),
  'openAsBlob: bad options': (of, dir) => of.openAsBlob(join(dir, 'old'), 5 as never),
  createReadStream: (of, dir) => text(of.createReadStream(join(dir, 'old'), { start: 3 })),
  'createReadStream: missing': (of, dir) => text(of.createReadStream(join(dir, 'missing'))),
  createWriteStream: (of, dir) => pipeline(Readable.from(['str', 'eam']), of.createWriteStream(join(dir, 'old'))),
  'createWriteStream: at a position': (of, dir) =>
    pipeline(Readable.from(['str', 'eam']), of.createWriteStream(join(dir, 'old'), { flags: 'r+', start: 3 })),
  'createWriteStream: missing': (of, dir) => pipeline(Readable.from(['x']), of.createWriteStream(join(dir, 'no', 'x'))),
  copyFileSync: (of, dir) => of.copyFileSync(join(dir, 'old'), join(dir, 'copy')),
  'copyFileSync: over another': (of, dir) => of.copyFileSync(join(dir, 'old'), join(dir, 'other')),
  'copyFileSync: onto itself': (of, dir) => of.copyFileSync(join(dir, 'old'), join(dir, 'old')),
  'copyFileSync: missing': (of, dir) => of.copyFileSync(join(dir, 'missing'), join(dir, 'old')),
  'copyFileSync: exclusive': (of, dir) =>
    of.copyFileSync(join(dir, 'old'), join(dir, 'other'), fs.constants.COPYFILE_EXCL),
  'copyFileSync: a bad mode': (of, dir) => of.copyFileSync(join(dir, 'old'), join(dir, 'other'), 99),
  copyFile: (of, dir) => callback((done) => of.copyFile(join(dir, 'old'), join(dir, 'copy'), done)),
  'copyFile: missing': (of, dir) => callback((done) => of.copyFile(join(dir, 'missing'), join(dir, 'copy'), done)),
  'copyFile: no callback': (of, dir) => of.copyFile(join(dir, 'old'), join(dir, 'copy'), bad),
  'promises.copyFile': (of, dir) => of.promises.copyFile(join(dir, 'old'), join(dir, 'copy')),
  'cpSync: a tree': (of, dir) =>
    of.cpSync(join(dir, 'tree'), join(dir, 'copy'), { recursive: true, filter: (from) => !from.endsWith('skip') }),
  'cpSync: missing': (of, dir) => of.cpSync(join(dir, 'missing'), join(dir, 'copy')),
  'cpSync: a directory alone': (of, dir) => of.cpSync(join(dir, 'tree'), join(dir, 'copy')),
  'cpSync: must not exist': (of, dir) =>
    of.cpSync(join(dir, 'old'), join(dir, 'other'), { force: false, errorOnExist: true }),
  'cp: a tree': (of, dir) => callback((done) => of.cp(join(dir, 'tree'), join(dir, 'copy'), { recursive: true }, done)),
  'promises.cp: a tree': (of, dir) =>
    of.promises.cp(join(dir, 'tree'), join(dir, 'copy'), {
      recursive: true,
      filter: async (from) => !from.endsWith('skip'),
    }),
};

function makeScene(name: string): string {
  const dir = scratch.path(name);
  mkdirSync(join(dir, 'tree', 'deeper'), { recursive: true });
  for (const file of ['old', 'other', 'tree/one', 'tree/skip', 'tree/deeper/two'])
    fs.writeFileSync(join(dir, file), `content of ${file}, and some more of it`, { mode: 0o640 });
  return dir;
}

describe('on files that are not sealed a guarded node:fs is node:fs', () => {
  async function comparePlain(scene: Scene): Promise<void> {
    const [plainDir, guardedDir] = [makeScene('plain'), makeScene('guarded')];
    const plain = await endingOf(scene, fs, plainDir);
    const guarded = await endingOf(scene, guardedCopy(), guardedDir);
    expect(guarded).toEqual(plain);
    expect(contentOf(guardedDir)).toEqual(contentOf(plainDir));
  }

  test.each(Object.entries(scenes))('%s', (_name, scene) => comparePlain(scene));

  const reads = Object.entries(scenes).filter(([name]) => /readFile|openAsBlob/.test(name));
  leased.test.each(reads)('with a lease on another file: %s', async (_name, scene) => {
    using mapping = map(scratch.file(4096), { direct: { enforcement: 'lease' } });
    await comparePlain(scene);
    expect(mapping.seals).toHaveLength(1);
  });

  test('the descriptor of a truncating open is an ordinary one, with the flags that were asked for', () => {
    const guarded = guardedCopy();
    const path = scratch.file(10);
    const flagsOf = (fd: number): string | undefined =>
      /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    const [one, two] = [fs.openSync(path, 'w'), guarded.openSync(path, 'w')];
    expect(flagsOf(two)).toBe(flagsOf(one));
    fs.closeSync(one);
    fs.closeSync(two);
  });

  test('a pipe, a terminal and a socket pass: nothing is opened for them', () => {
    const guarded = guardedCopy();
    const before = readdirSync('/proc/self/fd').length;
    expect(guarded.writeSync(process.stdout.fd, Buffer.alloc(0))).toBe(0);
    expect(guarded.writeSync(process.stderr.fd, '')).toBe(0);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

const cps: Readonly<Record<string, (of: Fs, from: string, to: string, options: fs.CopyOptions) => unknown>> = {
  cpSync: (of, from, to, options) => of.cpSync(from, to, options as fs.CopySyncOptions),
  cp: (of, from, to, options) => callback((done) => of.cp(from, to, options, done)),
  'promises.cp': (of, from, to, options) => of.promises.cp(from, to, options),
};

function makeSealedScene(name: string): string {
  const dir = scratch.path(name);
  for (const folder of ['tree', 'onto']) mkdirSync(join(dir, folder), { recursive: true });
  for (const file of ['sealed', 'plain', 'tree/file', 'onto/file'])
    fs.writeFileSync(join(dir, file), `content of ${file}, and some more of it`, { mode: 0o640 });
  linkSync(join(dir, 'plain'), join(dir, 'hard'));
  for (const [link, to] of [
    ['tree/link', '../sealed'],
    ['onto/link', join(dir, 'sealed')],
    ['to-sealed', 'sealed'],
    ['to-plain', 'plain'],
    ['to-nothing', 'missing'],
  ] as const)
    symlinkSync(to, join(dir, link));
  return dir;
}

const sealedScenes: Array<[string, string, string, fs.CopyOptions]> = [
  ['a tree with a link to it', 'tree', 'copy', { recursive: true }],
  ['a tree with a link to it, verbatim', 'tree', 'copy', { recursive: true, verbatimSymlinks: true }],
  ['a tree with a link to it, dereferenced', 'tree', 'copy', { recursive: true, dereference: true }],
  ['a tree over one with a link to it', 'tree', 'onto', { recursive: true }],
  ['a link to it', 'to-sealed', 'copy', {}],
  ['a link to it over it', 'to-sealed', 'sealed', {}],
  ['a file over a link to it', 'plain', 'to-sealed', {}],
  ['a file over a link to it, dereferenced', 'plain', 'to-sealed', { dereference: true }],
  ['a file over it, unforced', 'plain', 'sealed', { force: false }],
  ['a file over it, unforced and told so', 'plain', 'sealed', { force: false, errorOnExist: true }],
  ['it', 'sealed', 'copy', {}],
  ['it into a directory that is not there', 'sealed', 'new/deeper/copy', {}],
  ['it over a link', 'sealed', 'to-plain', {}],
  ['it over a link, dereferenced', 'sealed', 'to-plain', { dereference: true }],
  ['it over a link to nothing', 'sealed', 'to-nothing', {}],
  ['it over one of two names of a file', 'sealed', 'hard', {}],
  ['it over a link to itself', 'sealed', 'to-sealed', {}],
  ['it over a link to itself, dereferenced', 'sealed', 'to-sealed', { dereference: true }],
  ['it over itself', 'sealed', 'sealed', {}],
  ['it over a directory', 'sealed', 'tree', {}],
  ['it without a clone', 'sealed', 'copy', { mode: fs.constants.COPYFILE_EXCL }],
];

describe('a guarded cp() of a sealed file and of links to it is cp()', () => {
  describe.each(Object.entries(cps))('%s', (name, cp) => {
    // There cpSync() of Node 22 and later follows a link, and refuses.
    // That of Node 26 ends the process over a link to nothing, guarded or not: std::filesystem::equivalent() throws.
    const left = [
      'it over a link to itself',
      ...(Number.parseInt(process.versions.node) >= 26 ? ['it over a link to nothing'] : []),
    ];
    const scenes = sealedScenes.filter(([scene]) => name !== 'cpSync' || !left.includes(scene));
    test.each(scenes)('%s', async (_scene, from, to, options) => {
      const [plainDir, sealedDir] = [makeSealedScene('plain'), makeSealedScene('sealed')];
      // Without a filter cpSync() of Node 22 and later goes through a tree in C++, and not quite in the same way.
      const scene: Scene = (of, dir) => cp(of, join(dir, from), join(dir, to), { filter: () => true, ...options });
      const plain = await endingOf(scene, fs, plainDir);
      using seal = sealPath(join(sealedDir, 'sealed'));
      expect(await endingOf(scene, guardedCopy(), sealedDir)).toEqual(plain);
      expect(contentOf(sealedDir)).toEqual(contentOf(plainDir));
      expect(seal.verify().state).toBe('held');
    });
  });
});

describe('the guard itself', () => {
  const names = ['writeSync', 'open', 'openSync', 'cp', 'createWriteStream'] as const;

  test('a wrapper looks like the function that it replaces', () => {
    const guarded = guardedCopy();
    for (const name of names) {
      expect(guarded[name]).not.toBe(fs[name]);
      expect([guarded[name].name, guarded[name].length, Object.getOwnPropertySymbols(guarded[name])]).toEqual([
        fs[name].name,
        fs[name].length,
        Object.getOwnPropertySymbols(fs[name]),
      ]);
    }
  });

  test('undo puts back the original functions, in any order; a second undo does nothing', () => {
    const copy = copyOfFs();
    const before = Object.getOwnPropertyDescriptors(copy);
    const promises = Object.getOwnPropertyDescriptors(copy.promises);
    const [first, second] = [files.guard(copy), files.guard(copy)];
    const once = copy.writeSync;
    first();
    first();
    expect(copy.writeSync).toBe(once);
    second();
    expect(Object.getOwnPropertyDescriptors(copy)).toEqual(before);
    expect(Object.getOwnPropertyDescriptors(copy.promises)).toEqual(promises);
    for (const name of names) expect(copy[name]).toBe(fs[name]);
  });

  test('methods of FileHandle come back too', async () => {
    const handle = await fs.promises.open(scratch.file(10), 'r+');
    const prototype = Object.getPrototypeOf(handle) as Handle;
    const { write } = prototype;
    const undo = files.guard(copyOfFs());
    await (await fs.promises.open(scratch.file(1))).close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(prototype.write).not.toBe(write);
    undo();
    expect(prototype.write).toBe(write);
    await handle.close();
  });

  test('streams of an object that has no more than them are those of node:fs', async () => {
    const { createReadStream, createWriteStream } = fs;
    const few = { createReadStream, createWriteStream };
    undos.push(files.guard(few));
    const path = scratch.path();
    await pipeline(Readable.from(['text']), few.createWriteStream(path));
    expect(await text(few.createReadStream(path))).toBe('text');
  });

  test('a wrapper of other code over ours stays, and ours does nothing any more', () => {
    const path = scratch.file(100);
    const copy = copyOfFs();
    const undo = files.guard(copy);
    const ours = copy.writeFileSync;
    const theirs: typeof ours = (...args) => ours(...args);
    copy.writeFileSync = theirs;
    using seal = sealPath(path);
    expect(seal.state).toBe('held');
    expect(thrown(() => copy.writeFileSync(path, '')).code).toBe('ETXTBSY');
    undo();
    expect(copy.writeFileSync).toBe(theirs);
    copy.writeFileSync(path, 'x', { flag: 'r+' });
    copy.truncateSync(path, 1);
    expect(readFileSync(path, 'latin1')).toBe('x');
  });

  test.each([[undefined], [null], [5], ['fs']])('guard(%p) is ERR_INVALID_ARG_TYPE', (value) => {
    expectMisuse(
      thrown(() => files.guard(value as never)),
      'ERR_INVALID_ARG_TYPE',
      'fs',
    );
  });

  test('an object that cannot be changed is refused as a whole', () => {
    const frozen = Object.freeze({ ...copyOfFs() });
    expectMisuse(
      thrown(() => files.guard(frozen)),
      'ERR_INVALID_ARG_VALUE',
      'fs',
    );
    const half = copyOfFs();
    Object.freeze(half.promises);
    expectMisuse(
      thrown(() => files.guard(half)),
      'ERR_INVALID_ARG_VALUE',
      'fs',
    );
    expect(half.writeSync).toBe(fs.writeSync);
  });

  test('a refusal goes to the callback or the promise, and never before the call returns', async () => {
    const guarded = guardedCopy();
    const path = scratch.file(100);
    using seal = sealPath(path);
    expect(seal.state).toBe('held');
    const fd = fs.openSync(path, 'r+');
    const order: string[] = [];
    const calls: Array<(done: (error: unknown) => void) => void> = [
      (done) => guarded.ftruncate(fd, 0, done),
      (done) => guarded.write(fd, 'x', 100, done),
      (done) => guarded.writev(fd, [Buffer.from('x')], 100, done),
      (done) => guarded.open(path, 'w', done),
      (done) => guarded.truncate(path, done),
      (done) => guarded.writeFile(path, 'x', done),
      (done) => guarded.appendFile(path, 'x', done),
      (done) => guarded.copyFile(__filename, path, done),
      (done) => guarded.cp(__filename, path, done),
    ];
    for (const call of calls) {
      const error = await rejected(
        callback((done) => {
          call(done);
          order.push('returned');
        }),
      );
      order.push(error.code);
    }
    expect(order).toEqual(calls.flatMap(() => ['returned', 'ETXTBSY']));
    fs.closeSync(fd);
  });

  test('an error that a callback throws is an uncaught exception, as without the guard, and no rejection', async () => {
    expectDone(await runChild('throwing-callback'));
  });

  test('it may be the first that is asked of the package', async () => {
    expectDone(await runChild('guard-first'));
  });

  test('node:fs itself, its named imports in an ES module, its streams; and back', async () => {
    expectDone(await runChild('guarded-fs'));
  });
});
