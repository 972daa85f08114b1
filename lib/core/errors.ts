import { getSystemErrorName } from 'node:util';
import { constants as os } from 'node:os';
import { adviceFor } from './error-advice.js';

/** An error that carries a code; every error of this package does. */
export interface CodedError extends Error {
  code: string;
}

/** What a failed system call throws: the fields of Node's own file-system errors. */
export interface SystemError extends CodedError {
  /** Negative, as in Node: -28 for ENOSPC. */
  errno: number;
  syscall: string;
  path?: string;
}

/** The errno numbers that this package itself compares with or answers, negative as the addon returns them. */
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
  ENOSPC: -os.errno.ENOSPC,
  ENOTTY: -os.errno.ENOTTY,
  ETXTBSY: -os.errno.ETXTBSY,
  EXDEV: -os.errno.EXDEV,
  ENODEV: -os.errno.ENODEV,
  EDQUOT: -os.errno.EDQUOT,
  EOPNOTSUPP: -os.errno.EOPNOTSUPP,
  // Linux says ENOTSUP and EOPNOTSUPP with one number.
  ENOTSUP: -os.errno.ENOTSUP,
  // libuv does not know ESTALE: util.getSystemErrorName would call it "Unknown system error -116".
  ESTALE: -116,
});

const names = new Map<number, string>([
  [errno.EOPNOTSUPP, 'EOPNOTSUPP'],
  [errno.ESTALE, 'ESTALE'],
  [errno.EAGAIN, 'EAGAIN'], // and not EWOULDBLOCK
]);

/** 'ENOSPC' for -28. */
export function errnoName(negative: number): string {
  const known = names.get(negative);
  if (known !== undefined) return known;
  // libuv's names come from its own list, which lacks some of Linux's (ESTALE); the platform's list has them.
  for (const [name, value] of Object.entries(os.errno)) if (value === -negative) return name;
  return getSystemErrorName(negative);
}

/**
 * A failed system call, or a refusal of ours that looks like one, as an Error with `code`, `errno`, `syscall`, `path`
 * and a sentence on what to do. `advice` goes before the sentence that {@link adviceFor} has in its table for this call and code.
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

/** Also one of node:fs, whose Error is of another realm in node:vm. */
export function isSystemError(error: unknown): error is SystemError {
  return typeof error === 'object' && error !== null && typeof (error as Partial<SystemError>).errno === 'number';
}

/**
 * A failed system call with one of these numbers of {@link errno}; false for any other value that was thrown. The code counts, too: on
 * Windows the errors of node:fs have the numbers of libuv.
 */
export function hasErrno(error: unknown, ...numbers: readonly number[]): error is SystemError {
  if (!isSystemError(error)) return false;
  return numbers.some((number) => error.errno === number || error.code === errnoName(number));
}

/** Throws {@link systemError} for a negative result of the addon; returns any other. */
export function checked(result: number, syscall: string, path?: string, advice?: string): number {
  if (result < 0) throw systemError(result, syscall, path, advice);
  return result;
}

function coded<E extends Error>(error: E, code: string): E & CodedError {
  return Object.assign(error, { code });
}

const LONGEST_SHOWN = 128;

/** The name of a function or class, if it is one that can be shown: it may be anything, and asking for it may throw. */
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

/** TypeError ERR_INVALID_ARG_VALUE: a word or option that is not known. `right` says what would be. */
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

/** `new` on a class whose objects only this package makes. `instead` says how they come about. */
export function illegalConstructor(name: string, instead: string): CodedError {
  return coded(new TypeError(`new ${name}() is not for callers: ${instead}`), 'ERR_ILLEGAL_CONSTRUCTOR');
}

/** What every method throws after close(), and attach() where nothing is left of what was shared. */
export function mappingClosed(method: string, why = 'the mapping is closed'): CodedError {
  return coded(new Error(`${method}: ${why}`), 'ERR_MAPPING_CLOSED');
}

/** Why a range of a mapping has no file behind it any more. */
export type FaultReason = 'truncated' | 'fenced';

const faultWords: Readonly<Record<FaultReason, (offset: number, length: number, where: string) => string>> = {
  truncated: (offset, length, where) =>
    `stores at ${offset} (${length} bytes) are lost: ${where} was truncated under the mapping`,
  fenced: (_offset, _length, where) =>
    `the mapping was fenced: its breakable seal of ${where} was broken at the deadline, so that nothing of it may reach the file any more`,
};

/** Stores of a range are lost, found at a flush: the promise of durability cannot be kept. */
export function mappingFault(offset: number, length: number, reason: FaultReason, path?: string): CodedError {
  const where = path === undefined ? 'the file' : `'${path}'`;
  const error = new Error(`${faultWords[reason](offset, length, where)}. Map it anew`);
  return Object.assign(coded(error, 'ERR_MAPPING_FAULT'), {
    offset,
    length,
    reason,
    ...(path === undefined ? {} : { path }),
  });
}

/** The native backend was asked for and cannot be had. */
export function backendUnavailable(message: string, cause: unknown): CodedError {
  return coded(new Error(message, { cause }), 'ERR_BACKEND_UNAVAILABLE');
}

/** The runtime forbids Buffers over memory that is not its own (Electron and other builds with V8's memory cage). */
export function externalBuffersForbidden(): CodedError {
  return coded(
    new Error(
      'This runtime forbids ArrayBuffers over memory that V8 did not allocate (Electron >= 21 does): ' +
        "use backend: 'emulated', or run the mapping in a plain Node.js process",
    ),
    'ERR_EXTERNAL_BUFFERS_FORBIDDEN',
  );
}
