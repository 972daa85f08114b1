import { dirname } from 'node:path';
import { adviceFor } from '../../core/error-advice.js';
import { backendUnavailable, errno, systemError, type CodedError } from '../../core/errors.js';
import { buildRemedy } from '../remedy.js';
import { shippedIn, type FoundBinary } from './find-binary.js';

const GO_ON = 'Or set MAPDIRECT_BACKEND=emulated to go on without it.';

// The process has too few resources at the moment. The next call may succeed.
const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

function messageOf(error: unknown): string {
  return (error as Partial<Error> | null)?.message ?? String(error);
}

// The reason that the file cannot be opened, by code.
const closed: Readonly<Record<string, string>> = {
  EACCES:
    'This user may not read it: make the folder of mapdirect readable for the user of this process (chmod -R a+rX).',
  ERR_ACCESS_DENIED: 'The permission model forbids to read it: pass --allow-fs-read for the folder of mapdirect.',
};

// The reason that the file was refused, by the message of the dynamic linker or the runtime; and whether a build helps.
const refused: ReadonlyArray<{ readonly words: RegExp; readonly why: string; readonly build: boolean }> = [
  {
    words: /failed to map segment/,
    why: 'The file system of the package is mounted noexec: install it on one that is not.',
    build: false,
  },
  { words: /--allow-ffi/, why: 'Deno was started without the right to load it: pass --allow-ffi.', build: false },
  {
    words: /version `\w+_[\d.]+' not found/,
    why: 'It was made for a newer C or C++ library than the one that is here: build it here.',
    build: true,
  },
  {
    words: /ld-musl|libc\.musl|ld-linux|libc\.so\.6/,
    why: 'It was made for another C library: build it here.',
    build: true,
  },
];

/** The search for a binary failed. It is never a reason for the emulation, and never remembered. */
export function notFoundOut(error: unknown): CodedError {
  const { code = '', errno: failed, syscall, path } = error as NodeJS.ErrnoException;
  if (failed !== undefined && EXHAUSTED.has(code)) return systemError(failed, syscall ?? 'open', path);
  const why = closed[code] ?? 'Mend what stands at that path.';
  return backendUnavailable(
    `Whether mapdirect has a native binary could not be found out. ${why} ${GO_ON} ${messageOf(error)}`,
    error,
  );
}

/** The shipped binary, if the one that does not load hides it. */
function hiddenBy({ binary, root }: FoundBinary): string | undefined {
  try {
    const shipped = shippedIn(root);
    return shipped === binary ? undefined : shipped;
  } catch {
    return undefined; // it cannot be read, so it is no remedy
  }
}

function remedyFor(found: FoundBinary): string {
  const build = buildRemedy(found.root);
  return hiddenBy(found) === undefined
    ? build
    : `Remove the folder ${dirname(found.binary)}: then the shipped binary serves. ${build}`;
}

function doesNotLoad(sentences: readonly string[], cause: unknown): CodedError {
  const all = ['The native binary of mapdirect is there but does not load.', ...sentences, GO_ON, messageOf(cause)];
  return backendUnavailable(all.filter((sentence) => sentence !== '').join(' '), cause);
}

/** The binary is no library for this process, for the reason `fault`. */
export function damaged(fault: string, found: FoundBinary): CodedError {
  const again = 'Install the package again, on this machine.';
  return doesNotLoad([fault, again, remedyFor(found)], new Error(found.binary));
}

/** The binary lacks a function of this version of the package. */
export function stale(lacking: string, found: FoundBinary): CodedError {
  const why = 'It was built from the sources of an older version: build it again.';
  return doesNotLoad([why, remedyFor(found)], new Error(`${found.binary} has no ${lacking}()`));
}

/** The binary exists and does not load: a fault to repair, and never a reason for the emulation. */
export function notLoaded(error: unknown, found: FoundBinary): CodedError {
  const message = messageOf(error);
  if (message.includes('Too many open files'))
    return systemError(errno.EMFILE, 'dlopen', undefined, adviceFor('open', 'EMFILE'));
  const { why, build } = refused.find(({ words }) => words.test(message)) ?? { why: '', build: true };
  return doesNotLoad([why, build ? remedyFor(found) : ''], error);
}
