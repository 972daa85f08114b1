import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../arguments.js';
import { hasMagic, MAGIC } from './records.js';

/** The file to work in, and what was there before. */
export interface DemoFile {
  readonly path: string;
  /** It exists, left by an earlier demo: its records must be cleared. */
  readonly reused: boolean;
  /** The name is ours, so the file goes when the demo ends. A file that the user named stays. */
  readonly temporary: boolean;
  /** What probe() can look at before the file exists. */
  readonly probeTarget: string;
}

/** undefined where there is nothing. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UsageError(`Cannot use '${path}': ${message}.`);
  }
}

/** The refusal of a file that is somebody's. */
export function notOurs(path: string): UsageError {
  return new UsageError(
    `'${path}' exists and is not the file of an earlier demo (it does not begin with ${MAGIC}): it was left as it is. ` +
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
  // Not to be guessed: in /tmp somebody else could have put a link there.
  const path = join(directory, `mapdirect-demo-${randomBytes(8).toString('hex')}`);
  return { path, reused: false, temporary: true, probeTarget: directory };
}

/**
 * Decides where to work; changes nothing.
 *
 * @throws UsageError for a file that is not ours to overwrite, or a directory that is not there.
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
  // Looked at before it is opened: opening a FIFO would block, and a device is not ours to write on.
  if (!status.isFile() || !beginsWithMagic(path)) throw notOurs(path);
  return { path, reused: true, temporary: false, probeTarget: path };
}
