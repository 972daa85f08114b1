import { constants as fsConstants, type OpenMode } from 'node:fs';
import { O_PATH } from '../backend/descriptor-flags.js';
import { invalidType, invalidValue } from '../core/errors.js';

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fsConstants;
// Absent on Windows.
const { O_DIRECTORY = 0, O_SYNC = 0 } = fsConstants as Partial<typeof fsConstants>;

/** The words of node:fs. */
const words: Readonly<Record<string, number>> = Object.freeze({
  r: O_RDONLY,
  rs: O_RDONLY | O_SYNC,
  'r+': O_RDWR,
  'rs+': O_RDWR | O_SYNC,
  w: O_TRUNC | O_CREAT | O_WRONLY,
  wx: O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  'w+': O_TRUNC | O_CREAT | O_RDWR,
  'wx+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  a: O_APPEND | O_CREAT | O_WRONLY,
  ax: O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  as: O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  'a+': O_APPEND | O_CREAT | O_RDWR,
  'ax+': O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  'as+': O_APPEND | O_CREAT | O_RDWR | O_SYNC,
});

/** The letters of a word may stand in the other order: 'xw' is 'wx'. */
function ordered(word: string): string {
  return word.replace(/^([sx])([rwa])/, '$2$1');
}

/** The flags of open(2); undefined: node:fs does not know the word. */
export function openFlags(flags: unknown): number | undefined {
  if (flags === undefined || flags === null) return O_RDONLY;
  if (typeof flags === 'number') return Number.isInteger(flags) ? flags | 0 : undefined;
  return typeof flags === 'string' && Object.hasOwn(words, ordered(flags)) ? words[ordered(flags)] : undefined;
}

/** {@link openFlags} of an argument. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
export function parseFlags(flags: OpenMode): number {
  const parsed = openFlags(flags);
  if (parsed !== undefined) return parsed;
  if (typeof flags !== 'string' && typeof flags !== 'number')
    throw invalidType('flags', 'of type string or number', flags);
  throw invalidValue('flags', "must be a word of node:fs ('r', 'w+', 'ax', ...) or a sum of fs.constants.O_*", flags);
}

/**
 * The open(2) may truncate a file that is there. O_PATH opens nothing, O_DIRECTORY no file, and O_CREAT with O_EXCL
 * only a new file.
 */
export function mayTruncate(flags: number): boolean {
  const isNew = (flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0;
  return (flags & O_TRUNC) !== 0 && (flags & (O_PATH | O_DIRECTORY)) === 0 && !isNew;
}
