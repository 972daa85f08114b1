import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../arguments.js';
import { hasMagic, MAGIC } from './records.js';

/** The file to work in, and its state before the demo. */
export interface DemoFile {
  readonly path: string;
  /** An earlier demo left the file: its records must be cleared. */
  readonly reused: boolean;
  /** The demo chose the name, and removes the file at its end. A file that the user named stays. */
  readonly temporary: boolean;
  /** A target for probe() before the file exists. */
  readonly probeTarget: string;
}

/** Returns undefined if nothing has this name. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UsageError(`Cannot use '${path}': ${message}.`);
  }
}

/** The error for a file that the demo did not make. */
export function foreignFile(path: string): UsageError {
  return new UsageError(
    `'${path}' exists and is not the file of an earlier demo (it does not begin with ${MAGIC}). It was not changed. ` +
      'Name a file that does not exist, or a directory.',
  );
}

function beginsWithMagic(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new UsageError(`'${path}' exists and cannot be read: ${(error as Error).message}.`);
  }
  try {
    const head = Buffer.alloc(MAGIC.length);
    return readSync(fd, head, 0, head.length, 0) === head.length && hasMagic(head);
  } finally {
    closeSync(fd);
  }
}

function freshIn(directory: string): DemoFile {
  // A random name: in /tmp another user could put a symbolic link at a name that can be guessed.
  const path = join(directory, `mapdirect-demo-${randomBytes(8).toString('hex')}`);
  return { path, reused: false, temporary: true, probeTarget: directory };
}

/**
 * Chooses the file of the demo. Changes nothing.
 *
 * @throws UsageError for a file that the demo did not make, or a directory that does not exist.
 */
export function chooseFile(given: string | undefined): DemoFile {
  if (given === undefined) return freshIn(tmpdir());
  if (given === '') throw new UsageError('PATH is empty.');
  const path = resolve(given);
  const status = statusOf(path);
  if (status?.isDirectory() === true) return freshIn(path);
  if (status === undefined) {
    const directory = dirname(path);
    if (given.endsWith('/') || statusOf(directory)?.isDirectory() !== true) {
      throw new UsageError(`There is no directory '${given.endsWith('/') ? path : directory}'.`);
    }
    return { path, reused: false, temporary: false, probeTarget: directory };
  }
  // Check the type before open(): opening a FIFO would block, and the demo must not write to a device.
  if (!status.isFile() || !beginsWithMagic(path)) throw foreignFile(path);
  return { path, reused: true, temporary: false, probeTarget: path };
}
