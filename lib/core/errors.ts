import { getSystemErrorName } from 'node:util';
import { constants as os } from 'node:os';
import { adviceFor } from './error-advice.js';

/** An error with a code. Every error of this package has one. */
export interface CodedError extends Error {
  /** 'ENOSPC' or 'ERR_MAPPING_CLOSED': docs/errors.md has a heading for each code. */
  code: string;
}

/** The error of a failed system call, with the fields of the errors of node:fs. */
export interface SystemError extends CodedError {
  /** The errno, negative as in Node: -28 for ENOSPC. */
  errno: number;
  /** The system call that failed, or that the refused operation stands for: 'mmap'. */
  syscall: string;
  /** The file, as the caller named it. Missing: it has no name, or the call has none. */
  path?: string;
}

/** The errno numbers that this package compares with or throws. They are negative, as the addon returns them. */
export const errno = Object.freeze({
  EPERM: -os.errno.EPERM,
  ENOENT: -os.errno.ENOENT,
  EBADF: -os.errno.EBADF,
  ENOMEM: -os.errno.ENOMEM,
  EACCES: -os.errno.EACCES,
  EAGAIN: -os.errno.EAGAIN,
  EBUSY: -os.errno.EBUSY,
  EEXIST: -os.errno.EEXIST,
  EISDIR: -os.errno.EISDIR,
  EINVAL: -os.errno.EINVAL,
  ELOOP: -os.errno.ELOOP,
  EMFILE: -os.errno.EMFILE,
  EFAULT: -os.errno.EFAULT,
  EFBIG: -os.errno.EFBIG,
  EINTR: -os.errno.EINTR,
  ECANCELED: -os.errno.ECANCELED,
  ENOSYS: -os.errno.ENOSYS,
  ETIMEDOUT: -os.errno.ETIMEDOUT,
  ENOSPC: -os.errno.ENOSPC,
  ENOTTY: -os.errno.ENOTTY,
  ETXTBSY: -os.errno.ETXTBSY,
  EXDEV: -os.errno.EXDEV,
  ENODEV: -os.errno.ENODEV,
  EDQUOT: -os.errno.EDQUOT,
  EOPNOTSUPP: -os.errno.EOPNOTSUPP,
  // One number on Linux, which is EOPNOTSUPP's, too.
  ENOTSUP: -os.errno.ENOTSUP,
  // Not in the list of libuv: util.getSystemErrorName() says "Unknown system error -116".
  ESTALE: -116,
});

const names = new Map<number, string>([
  [errno.EOPNOTSUPP, 'EOPNOTSUPP'],
  [errno.ESTALE, 'ESTALE'],
  [errno.EAGAIN, 'EAGAIN'], // the same number has the name EWOULDBLOCK
]);

/** 'ENOSPC' for -28. */
export function errnoName(negative: number): string {
  const known = names.get(negative);
  if (known !== undefined) return known;
  // The list of libuv lacks some names of Linux. The list of the platform has them.
  for (const [name, value] of Object.entries(os.errno)) if (value === -negative) return name;
  return getSystemErrorName(negative);
}

/**
 * The error of a failed system call, or of a refusal in the form of one: `code`, `errno`, `syscall`, `path`, and a
 * message with advice.
 *
 * @param advice - replaces the advice of the table for this call and code ({@link adviceFor}).
 */
export function systemError(negative: number, syscall: string, path?: string, advice?: string): SystemError {
  const code = errnoName(negative);
  const sentence = adviceFor(syscall, code, path, advice);
  const where = path === undefined ? '' : ` '${path}'`;
  const error = new Error(`${code}: ${syscall}${where}${sentence === undefined ? '' : `: ${sentence}`}`) as SystemError;
  error.code = code;
  error.errno = negative;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  return error;
}

/** Accepts errors of other realms, too: in node:vm the errors of node:fs are of the main realm. */
export function isSystemError(error: unknown): error is SystemError {
  return typeof error === 'object' && error !== null && typeof (error as Partial<SystemError>).errno === 'number';
}

/**
 * A failed system call with one of these numbers of {@link errno}; false for any other value that was thrown. The code
 * counts, too: on Windows the errors of node:fs have the numbers of libuv.
 */
export function hasErrno(error: unknown, ...numbers: readonly number[]): error is SystemError {
  if (!isSystemError(error)) return false;
  return numbers.some((number) => error.errno === number || error.code === errnoName(number));
}

/** Returns a result of the addon. @throws systemError() for a negative one. */
export function checked(result: number, syscall: string, path?: string, advice?: string): number {
  if (result < 0) throw systemError(result, syscall, path, advice);
  return result;
}

function coded<E extends Error>(error: E, code: string): E & CodedError {
  return Object.assign(error, { code });
}

const LONGEST_SHOWN = 128;

/** The name of a function or class, if it is a string. The property may have any value, and reading it may throw. */
function nameOf(named: () => unknown): string | undefined {
  try {
    const name = named();
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string')
    return value.length <= LONGEST_SHOWN ? `'${value}'` : `'${value.slice(0, LONGEST_SHOWN)}'...`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `function ${nameOf(() => value.name) ?? ''}`;
  if (typeof value === 'object' && value !== null)
    return `an instance of ${nameOf(() => value.constructor.name) ?? 'Object'}`;
  return String(value);
}

/** TypeError ERR_INVALID_ARG_TYPE: `expected` reads "of type number" or "an instance of Buffer". */
export function invalidType(name: string, expected: string, value: unknown): CodedError {
  const received = value === null || value === undefined ? String(value) : `type ${typeof value} (${shown(value)})`;
  return coded(
    new TypeError(`The "${name}" argument must be ${expected}. Received ${received}`),
    'ERR_INVALID_ARG_TYPE',
  );
}

/** TypeError ERR_INVALID_ARG_VALUE: an unknown word or option. `right` reads "must be 'a' or 'b'". */
export function invalidValue(name: string, right: string, value: unknown): CodedError {
  return coded(new TypeError(`The "${name}" argument ${right}. Received ${shown(value)}`), 'ERR_INVALID_ARG_VALUE');
}

/** RangeError ERR_OUT_OF_RANGE: `right` reads ">= 0 and <= 4096". */
export function outOfRange(name: string, right: string, value: unknown): CodedError {
  return coded(
    new RangeError(`The value of "${name}" is out of range. It must be ${right}. Received ${shown(value)}`),
    'ERR_OUT_OF_RANGE',
  );
}

/**
 * TypeError ERR_ILLEGAL_CONSTRUCTOR: only this package makes objects of the class. `instead` names the function that
 * returns them.
 */
export function illegalConstructor(name: string, instead: string): CodedError {
  return coded(new TypeError(`new ${name}() is not for callers: ${instead}`), 'ERR_ILLEGAL_CONSTRUCTOR');
}

/** The error of every method after close(), and of attach() when the shared mapping is gone. */
export function mappingClosed(method: string, why = 'the mapping is closed'): CodedError {
  return coded(new Error(`${method}: ${why}`), 'ERR_MAPPING_CLOSED');
}

/** The reason why a range of a mapping has no file behind it any more. */
export type FaultReason = 'truncated' | 'nospace' | 'poison' | 'io' | 'fenced';

const faultWords: Readonly<Record<FaultReason, (offset: number, length: number, where: string) => string>> = {
  truncated: (offset, length, where) =>
    `stores at ${offset} (${length} bytes) are lost: ${where} was truncated under the mapping`,
  nospace: (offset, length, where) =>
    `stores at ${offset} (${length} bytes) are lost: there was no space for them in the file system of ${where}`,
  poison: (offset, length, where) =>
    `${length} bytes at ${offset} are lost: the memory that held them is broken (hardware poison); they belong to ${where}`,
  io: (offset, length, where) =>
    `${length} bytes at ${offset} are lost: the pages of ${where} could not be read from its disk, or a store was refused`,
  fenced: (_offset, _length, where) =>
    `the mapping was fenced: its breakable seal of ${where} was broken at the deadline, so none of its stores may reach the file any more`,
};

/** A flush found that stores of a range are lost, so it cannot make them durable. */
export function mappingFault(
  { offset, length, reason }: { readonly offset: number; readonly length: number; readonly reason: FaultReason },
  path?: string,
): CodedError {
  const where = path === undefined ? 'the file' : `'${path}'`;
  const remedy = reason === 'fenced' ? 'Map it anew' : 'When the cause is gone, mapping.remap() maps the range again';
  const error = new Error(`${faultWords[reason](offset, length, where)}. ${remedy}`);
  return Object.assign(coded(error, 'ERR_MAPPING_FAULT'), {
    offset,
    length,
    reason,
    ...(path === undefined ? {} : { path }),
  });
}

/** The caller demanded the native backend, and it is not available. */
export function backendUnavailable(message: string, cause: unknown): CodedError {
  return coded(new Error(message, { cause }), 'ERR_BACKEND_UNAVAILABLE');
}

/**
 * The runtime forbids Buffers over memory that V8 did not allocate (Electron, and other builds with the memory cage of
 * V8).
 */
export function externalBuffersForbidden(): CodedError {
  return coded(
    new Error(
      'This runtime forbids ArrayBuffers over memory that V8 did not allocate (Electron >= 21 does): ' +
        "use backend: 'emulated', or run the mapping in a plain Node.js process",
    ),
    'ERR_EXTERNAL_BUFFERS_FORBIDDEN',
  );
}
