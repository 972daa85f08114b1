import { invalidType, invalidValue } from '../core/errors.js';
import { checkOptions, splitAsyncOptions, type SplitOptions } from '../core/check-options.js';
import type { Progress } from '../core/progress.js';
import { checkOneOf, checkSize } from '../core/validators.js';

/**
 * Which changes of the block map a seal allows. 'refuse': none. 'exclusive': those of the thread that owns the seal.
 * 'breakable': any, after a 'break' event and a deadline.
 */
export type SealPolicy = 'refuse' | 'exclusive' | 'breakable';

/**
 * Which programs a seal stops. 'kernel': all, by MAP_DIRECT. 'lease': those that take part in the seal protocol; any
 * other waits in open(2) until the lease ends. 'advisory': those that take part in the seal protocol. docs/seals.md has
 * the table.
 */
export type Enforcement = 'kernel' | 'lease' | 'advisory';

/** Options of {@link Mapping.seal}, and of `direct` of map(). An unknown option is an error. */
export interface SealOptions {
  /**
   * 'refuse': no change of the block map, not even by this thread. 'exclusive': this thread may change it; there can be
   * no other seal. 'breakable': seals.requestBreak() sends each holder a 'break' event, and breaks the seal at the
   * deadline.
   *
   * Default: 'refuse'.
   */
  policy?: SealPolicy | undefined;
  /**
   * The weakest enforcement that is acceptable; a stronger one may be granted. 'lease' takes a lease: that needs a
   * path, and no other open of the file.
   *
   * Default: 'advisory'.
   */
  enforcement?: Enforcement | undefined;
  /**
   * 'allocate': holes get blocks, and shared blocks are replaced by blocks of the file's own. 'verify': the file stays
   * as it is, and an extent that is not ready is ETXTBSY.
   *
   * Default: 'allocate'; 'verify' for `direct: 'auto'`.
   */
  prepare?: 'allocate' | 'verify' | undefined;
  /**
   * Milliseconds that a break request waits for a breakable seal, and that an open(2) of another process waits for a
   * lease.
   *
   * Default: lease-break-time of the kernel, 45 s on most machines.
   */
  deadline?: number | undefined;
}

/** Options of {@link Mapping.sealAsync}: those of seal(), and two more. */
export interface AsyncSealOptions extends SealOptions {
  /**
   * Ends the preparation between two parts of 16 MiB. The content stays unchanged; new blocks may stay. Default: none.
   */
  signal?: AbortSignal | undefined;
  /** Called after each part, with the bytes that were allocated or converted. Default: none. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** {@link SealOptions}, checked. */
export interface ParsedSealOptions {
  readonly policy: SealPolicy;
  readonly enforcement: Enforcement;
  readonly prepare: 'allocate' | 'verify';
  readonly deadline: number | undefined;
}

/** `direct` of map(), checked. 'auto': if the file cannot be sealed, it is mapped without a seal. */
export interface ParsedDirect {
  readonly demand: 'auto' | 'require';
  readonly seal: ParsedSealOptions;
}

const KEYS = ['policy', 'enforcement', 'prepare', 'deadline'] as const satisfies readonly (keyof SealOptions)[];
const OTHER_NAMES: Readonly<Record<string, string>> = Object.freeze({
  signal: 'sealAsync() takes it',
  onProgress: 'sealAsync() takes it',
});

/** The longest delay of a timer. */
export const LONGEST_MS = 2 ** 31 - 1;

/** A number of milliseconds. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function checkDeadline(value: number | undefined, name: string): number | undefined {
  if (value === undefined) return undefined;
  checkSize(value, name);
  return Math.min(value, LONGEST_MS);
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, each naming the option. */
export function parseSealOptions(options: unknown, name = 'options'): ParsedSealOptions {
  const given = checkOptions<SealOptions>(options, name, KEYS, OTHER_NAMES);
  return {
    policy:
      given.policy === undefined
        ? 'refuse'
        : checkOneOf(given.policy, `${name}.policy`, ['refuse', 'exclusive', 'breakable']),
    enforcement:
      given.enforcement === undefined
        ? 'advisory'
        : checkOneOf(given.enforcement, `${name}.enforcement`, ['kernel', 'lease', 'advisory']),
    prepare:
      given.prepare === undefined ? 'allocate' : checkOneOf(given.prepare, `${name}.prepare`, ['allocate', 'verify']),
    deadline: checkDeadline(given.deadline, `${name}.deadline`),
  };
}

/**
 * Splits the options of sealAsync(); `rest` is for {@link parseSealOptions}.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE.
 */
export function splitSealOptions(options: unknown): SplitOptions<SealOptions> {
  return splitAsyncOptions<SealOptions>(options, KEYS);
}

/** `direct` of map(). undefined: no seal. */
export function parseDirect(value: unknown): ParsedDirect | undefined {
  if (value === undefined || value === 'off') return undefined;
  if (value === 'auto') return { demand: 'auto', seal: parseSealOptions({ prepare: 'verify' }) };
  if (value === 'require') return { demand: 'require', seal: parseSealOptions({}) };
  if (typeof value === 'string')
    throw invalidValue('options.direct', "must be 'off', 'auto', 'require' or an object of seal options", value);
  if (typeof value !== 'object' || value === null)
    throw invalidType('options.direct', "'off', 'auto', 'require' or an object of seal options", value);
  return { demand: 'require', seal: parseSealOptions(value, 'options.direct') };
}
