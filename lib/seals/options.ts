import { invalidType, invalidValue } from '../core/errors.js';
import { checkOptions, splitAsyncOptions, type SplitOptions } from '../core/check-options.js';
import { checkOneOf, checkSize } from '../core/validators.js';

/** Who may still change the block map: nobody; the owner; whoever asks, after a notice and a deadline. */
export type SealPolicy = 'refuse' | 'exclusive' | 'breakable';
/** Who is held off: everybody, by the kernel; strangers too, for a while; those who go through this package. */
export type Enforcement = 'kernel' | 'lease' | 'advisory';

/** What a seal may be told. Every unknown key is an error. */
export interface SealOptions {
  /**
   * 'refuse' (default): nobody may change the block map, the owner neither. 'exclusive': this thread may; it wants to be the
   * only seal. 'breakable': seals.requestBreak() gets a notice to the holders, and its way at the deadline.
   */
  policy?: SealPolicy | undefined;
  /** The weakest that is acceptable. Default 'advisory'. 'lease' takes a lease, which wants a path and no other open of the file. */
  enforcement?: Enforcement | undefined;
  /** 'allocate' (default): holes get blocks, shared blocks become the file's own. 'verify': nothing is written; what is not ready is an error. */
  prepare?: 'allocate' | 'verify' | undefined;
  /** Milliseconds that holders of a breakable seal, or a stranger who meets a lease, are made to wait. Default: lease-break-time. */
  deadline?: number | undefined;
}

/** {@link SealOptions}, checked. */
export interface ParsedSealOptions {
  readonly policy: SealPolicy;
  readonly enforcement: Enforcement;
  readonly prepare: 'allocate' | 'verify';
  readonly deadline: number | undefined;
}

/** `direct` of map(), checked. 'auto' does without a seal where there can be none. */
export interface ParsedDirect {
  readonly demand: 'auto' | 'require';
  readonly seal: ParsedSealOptions;
}

const KEYS = ['policy', 'enforcement', 'prepare', 'deadline'] as const satisfies readonly (keyof SealOptions)[];
const OTHER_NAMES: Readonly<Record<string, string>> = Object.freeze({
  signal: 'sealAsync() takes it',
  onProgress: 'sealAsync() takes it',
});

/** A timer can be no longer. */
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

/** Splits the options of sealAsync(); `rest` is for {@link parseSealOptions}. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
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
