import fs from 'node:fs';
import { promisify } from 'node:util';

/**
 * Functions of node:fs, captured when the package was loaded. files.guard() replaces functions of node:fs later, and
 * the guards themselves must call the originals.
 */
export const syncFs = Object.freeze({
  closeSync: fs.closeSync,
  fchmodSync: fs.fchmodSync,
  fsyncSync: fs.fsyncSync,
  ftruncateSync: fs.ftruncateSync,
  lstatSync: fs.lstatSync,
  mkdirSync: fs.mkdirSync,
  openSync: fs.openSync,
  readFileSync: fs.readFileSync,
  readlinkSync: fs.readlinkSync,
  statSync: fs.statSync,
  unlinkSync: fs.unlinkSync,
  utimesSync: fs.utimesSync,
  writeSync: fs.writeSync,
});

/** The same functions on the threads of libuv. */
export const asyncFs = Object.freeze({
  close: promisify(fs.close),
  fchmod: promisify(fs.fchmod),
  fsync: promisify(fs.fsync),
  ftruncate: promisify(fs.ftruncate),
  lstat: promisify<fs.PathLike, { bigint: true }, fs.BigIntStats>(fs.lstat),
  mkdir: promisify<fs.PathLike, fs.MakeDirectoryOptions>(fs.mkdir),
  open: promisify(fs.open),
  stat: promisify<fs.PathLike, { bigint: true }, fs.BigIntStats>(fs.stat),
  statPlain: promisify<fs.PathLike, fs.Stats>(fs.stat),
  unlink: promisify(fs.unlink),
  utimes: promisify(fs.utimes),
  write: promisify(fs.write),
});
