import { adviceFor } from '../../core/error-advice.js';
import { backendUnavailable, errno, systemError, type CodedError } from '../../core/errors.js';
import { buildRemedy } from '../remedy.js';

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

/** The binary exists and does not load: a fault to repair, and never a reason for the emulation. */
export function notLoaded(error: unknown, root: string): CodedError {
  const message = messageOf(error);
  if (message.includes('Too many open files'))
    return systemError(errno.EMFILE, 'dlopen', undefined, adviceFor('open', 'EMFILE'));
  const { why, build } = refused.find(({ words }) => words.test(message)) ?? { why: '', build: true };
  const rebuild = build ? buildRemedy(root) : '';
  return backendUnavailable(
    ['The native binary of mapdirect is there but does not load.', why, rebuild, GO_ON, message]
      .filter((sentence) => sentence !== '')
      .join(' '),
    error,
  );
}
