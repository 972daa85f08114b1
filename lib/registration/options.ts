import { checkOptions } from '../core/check-options.js';
import { invalidType, invalidValue } from '../core/errors.js';
import { checkOptionRange } from '../core/range.js';
import { checkOneOf, checkPositiveSize } from '../core/validators.js';
import { providerOf, type RegistrationAccess, type RegistrationDomain, type RegistrationProvider } from './provider.js';

/** Options of {@link Mapping.register}. An unknown option is an error. */
export interface RegisterOptions {
  /** Bytes from the start of the mapping. Default: 0. */
  offset?: number | undefined;
  /** Bytes. Default: to the end of the mapping. */
  length?: number | undefined;
  /**
   * The rights of a device and of its peers. 'local-write': the device of this machine may write. 'remote-read',
   * 'remote-write', 'remote-atomic': so may peers. 'remote-flush': peers may make their writes durable.
   *
   * Default: ['local-write'].
   */
  access?: readonly RegistrationAccess[] | undefined;
  /**
   * 'lock': no device; the pages are locked in memory, and the address is for a user of the caller's own. 'verbs': a
   * device of `domain`. 'io_uring': a buffer of io_uring, for {@link Registration.read} and
   * {@link Registration.write}. 'auto': 'verbs' with a domain, else 'lock'; never 'io_uring'.
   *
   * Default: 'auto'.
   */
  provider?: 'auto' | 'verbs' | 'io_uring' | 'lock' | undefined;
  /** A VerbsDomain of mapdirect/rdma. */
  domain?: RegistrationDomain | undefined;
}

/** {@link RegisterOptions}, checked. */
export interface ParsedRegisterOptions {
  readonly offset: number;
  readonly length: number;
  readonly access: readonly RegistrationAccess[];
  readonly provider: 'auto' | 'verbs' | 'io_uring' | 'lock';
  /** The provider of `domain`. */
  readonly domain: RegistrationProvider | undefined;
}

const KEYS = ['offset', 'length', 'access', 'provider', 'domain'] as const satisfies readonly (keyof RegisterOptions)[];
const ACCESSES = ['local-write', 'remote-read', 'remote-write', 'remote-atomic', 'remote-flush'] as const;

function parseAccess(access: unknown): readonly RegistrationAccess[] {
  if (access === undefined) return Object.freeze(['local-write'] as const);
  if (!Array.isArray(access)) throw invalidType('options.access', 'an array', access);
  const words = Array.from(access as readonly unknown[], (word) => checkOneOf(word, 'options.access', ACCESSES));
  return Object.freeze([...new Set(words)]);
}

function parseDomain(domain: unknown): RegistrationProvider | undefined {
  if (domain === undefined) return undefined;
  const provider = providerOf(domain);
  if (provider === undefined) throw invalidType('options.domain', 'a VerbsDomain of mapdirect/rdma', domain);
  return provider;
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, each naming the option. */
export function parseRegisterOptions(options: unknown, size: number): ParsedRegisterOptions {
  const given = checkOptions<RegisterOptions>(options, 'options', KEYS);
  const { offset = 0 } = given;
  checkOptionRange(offset, 0, size);
  const { length = size - offset } = given;
  checkPositiveSize(length, 'options.length');
  checkOptionRange(offset, length, size);
  const provider =
    given.provider === undefined
      ? 'auto'
      : checkOneOf(given.provider, 'options.provider', ['auto', 'verbs', 'io_uring', 'lock']);
  const domain = parseDomain(given.domain);
  if (provider === 'verbs' && domain === undefined)
    throw invalidValue('options.domain', "must be a VerbsDomain for provider 'verbs'", given.domain);
  if (domain !== undefined && provider !== 'auto' && provider !== domain.name)
    throw invalidValue('options.provider', `must be '${domain.name}' or 'auto' with this domain`, provider);
  return { offset, length, access: parseAccess(given.access), provider, domain };
}
