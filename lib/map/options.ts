import { type Advice, adviceWords, constants, MAP_TYPE } from '../core/constants.js';
import { checkMapFlags } from '../backend/map-flags.js';
import { checkOptions, splitAsyncOptions, type SplitOptions } from '../core/check-options.js';
import { checkFlag, checkMode, checkOneOf, checkPositiveSize, checkSize, plainZero } from '../core/validators.js';
import type { Access } from '../core/access.js';
import type { BackendName } from '../backend/select.js';
import { errno, invalidValue, outOfRange, systemError } from '../core/errors.js';
import { granularities, type Granularity } from '../core/granularity.js';
import { parseDirect, type ParsedDirect, type SealOptions } from '../seals/options.js';

/** Options of {@link map}. Sizes in bytes; every unknown key is an error. */
export interface MapOptions {
  /** The start of the mapping in the file; a multiple of the page size. Default 0. */
  offset?: number | undefined;
  /** Bytes. Default: to the end of the file. */
  length?: number | undefined;
  /**
   * 'write' (default): shared; stores reach the file. 'copy': a private copy; a store copies its page. 'read': needs
   * only a readable file; a stray store stays in this process and does not crash it.
   */
  access?: Access | undefined;
  /**
   * Creates the file if it is missing; needs `size`. Default false. A symbolic link is followed; the target of a
   * dangling link is created. The call is open(2) with O_CREAT, even if the file exists: in a sticky directory (/tmp) a
   * file or link of another user may be EACCES (fs.protected_regular, fs.protected_symlinks).
   *
   * If the call fails later, the created file is removed. It stays if this thread has opened it again, if it became
   * longer, or if its name belongs to another file by then. Behind a link it is removed only if /proc tells its name.
   * Not promised: that no other thread or process uses the file by then, or created it, empty, at the same moment
   * through the same link.
   */
  create?: boolean | undefined;
  /** Permissions of a created file. Default 0o600. */
  mode?: number | undefined;
  /**
   * Makes the file at least this many bytes long and allocates every block, holes of an existing file included, up to
   * the end of the mapping if that is further. So a full disk is ENOSPC here, and no fault at a later store. On return
   * length, blocks and directory entry are on the disk. With `create`, too, an existing file that is shorter becomes
   * this long. If the directory cannot be read or synced, that costs a syncfs(2) of its file system. The emulation has
   * no syncfs(2): it throws EOPNOTSUPP naming the directory.
   */
  size?: number | undefined;
  /** MAP_SYNC. 'auto' (default): use it if the file has it. 'require': fail without it. 'off': do not ask for it. */
  sync?: 'auto' | 'require' | 'off' | undefined;
  /**
   * MAP_DIRECT semantics: the file is sealed for the life of the mapping (docs/seals.md). 'require': fail if it cannot
   * be sealed. 'auto': seal it if it is ready, else give the reason in `durability.reasons`. An object: 'require' with
   * these options. Needs access 'write'. Default 'off'.
   */
  direct?: 'off' | 'auto' | 'require' | SealOptions | undefined;
  /** The coarsest flush granularity that the caller accepts. Default 'page', which accepts any. */
  granularity?: Granularity | undefined;
  /** On return all pages are present, and writable on access 'write'. Default false. */
  populate?: boolean | undefined;
  /** mlock2(2). Default false. */
  lock?: boolean | undefined;
  /** madvise(2) for the whole mapping. */
  advice?: Advice | undefined;
  /** Bytes of address space to reserve, so that resize() can grow in place and views stay valid. Default: none. */
  reserve?: number | undefined;
  /**
   * Further mmap(2) flags, passed unchanged. MAP_FIXED, MAP_FIXED_NOREPLACE and MAP_GROWSDOWN are refused; an unknown
   * bit is EOPNOTSUPP. On 'read' and 'copy' MAP_POPULATE and MAP_LOCKED bring pages in without copying any.
   */
  flags?: number | undefined;
  /**
   * An access to a part without a file behind it (truncated, disk full, broken medium) does not end the process: see
   * docs/reliability.md. false: it is SIGBUS. Default true; the emulation has no such parts.
   */
  faultGuard?: boolean | undefined;
  /** Default 'auto': the native backend, or the emulation where there is none. */
  backend?: BackendName | undefined;
}

/** {@link MapOptions}, checked, with every default in its place. */
export interface ParsedOptions {
  readonly offset: number;
  readonly length: number | undefined;
  readonly access: Access;
  readonly create: boolean;
  readonly mode: number;
  readonly size: number | undefined;
  readonly sync: 'auto' | 'require' | 'off';
  readonly direct: ParsedDirect | undefined;
  readonly granularity: Granularity;
  readonly populate: boolean;
  readonly lock: boolean;
  readonly advice: Advice | undefined;
  readonly reserve: number;
  readonly flags: number;
  readonly faultGuard: boolean;
  readonly backend: BackendName;
}

const KEYS = [
  'offset',
  'length',
  'access',
  'create',
  'mode',
  'size',
  'sync',
  'direct',
  'granularity',
  'populate',
  'lock',
  'advice',
  'reserve',
  'flags',
  'faultGuard',
  'backend',
] as const satisfies readonly (keyof MapOptions)[];

const READ = "access: 'read' maps for reading only";
const COPY = "access: 'copy' makes a private copy-on-write mapping";
const WRITE = "access: 'write', the default, makes a shared mapping that can be stored into";
const ACCESS = "access is 'read', 'write' (the default) or 'copy'";
/** Names that other packages have for these options. */
const OTHER_NAMES: Readonly<Record<string, string>> = Object.freeze({
  readonly: READ,
  readOnly: READ,
  private: COPY,
  copyOnWrite: COPY,
  cow: COPY,
  writable: WRITE,
  writeable: WRITE,
  shared: WRITE,
  prot: ACCESS,
  protection: ACCESS,
  signal: 'mapAsync() takes it',
  onProgress: 'mapAsync() takes it',
});

const { MAP_ANONYMOUS, MAP_SYNC } = constants;

const defaults: ParsedOptions = Object.freeze({
  offset: 0,
  length: undefined,
  access: 'write',
  create: false,
  mode: 0o600,
  size: undefined,
  sync: 'auto',
  direct: undefined,
  granularity: 'page',
  populate: false,
  lock: false,
  advice: undefined,
  reserve: 0,
  flags: 0,
  faultGuard: true,
  backend: 'auto',
});

/** Flags that no other option gives. */
function checkFurtherFlags(value: unknown): number {
  const flags = checkMapFlags(value, 'options.flags');
  if ((flags & MAP_TYPE) !== 0)
    throw invalidValue('options.flags', "must not contain MAP_SHARED or MAP_PRIVATE: use 'access'", value);
  if ((flags & MAP_ANONYMOUS) !== 0)
    throw invalidValue('options.flags', 'must not contain MAP_ANONYMOUS: use anonymous()', value);
  if ((flags & MAP_SYNC) !== 0) throw invalidValue('options.flags', "must not contain MAP_SYNC: use 'sync'", value);
  return flags;
}

type NumberCheck = (value: unknown, name: string) => asserts value is number;

/** A checked number, or the fallback for undefined. */
function numberOr<F>(value: unknown, name: string, check: NumberCheck, fallback: F): number | F {
  if (value === undefined) return fallback;
  check(value, name);
  return plainZero(value);
}

/** One of `words`, or the fallback for undefined. */
function wordOr<W extends string, F>(value: unknown, name: string, words: readonly W[], fallback: F): W | F {
  return value === undefined ? fallback : checkOneOf(value, name, words);
}

function checkTogether(parsed: ParsedOptions): void {
  const { access, size, create, reserve, length, sync, direct, granularity } = parsed;
  if (access !== 'write' && (create || size !== undefined)) {
    throw invalidValue('options.access', "must be 'write' with create or size: both change the file", access);
  }
  if (access !== 'write' && sync === 'require') {
    throw invalidValue(
      'options.access',
      "must be 'write' with sync: 'require': MAP_SYNC is for stores into the file",
      access,
    );
  }
  if (access !== 'write' && granularity !== 'page') {
    throw invalidValue(
      'options.access',
      `must be 'write' with granularity: '${granularity}': nothing of it is ever flushed`,
      access,
    );
  }
  if (direct !== undefined && access === 'read')
    throw systemError(errno.EACCES, 'mmap', undefined, "direct needs access: 'write'");
  if (direct !== undefined && access === 'copy')
    throw systemError(
      errno.EINVAL,
      'mmap',
      undefined,
      "direct needs access: 'write': a private copy has no blocks of the file to keep still",
    );
  if (reserve !== 0 && length !== undefined && reserve < length) {
    throw outOfRange('options.reserve', `>= ${length}, the length`, reserve);
  }
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, each naming the option. */
export function parseMapOptions(options: unknown): ParsedOptions {
  if (options === undefined) return defaults;
  const given = checkOptions<MapOptions>(options, 'options', KEYS, OTHER_NAMES);
  const parsed: ParsedOptions = {
    offset: numberOr(given.offset, 'options.offset', checkSize, defaults.offset),
    length: numberOr(given.length, 'options.length', checkPositiveSize, defaults.length),
    access: wordOr(given.access, 'options.access', ['read', 'write', 'copy'], defaults.access),
    create: checkFlag(given.create, 'options.create', defaults.create),
    mode: numberOr(given.mode, 'options.mode', checkMode, defaults.mode),
    size: numberOr(given.size, 'options.size', checkPositiveSize, defaults.size),
    sync: wordOr(given.sync, 'options.sync', ['auto', 'require', 'off'], defaults.sync),
    direct: parseDirect(given.direct),
    granularity: wordOr(given.granularity, 'options.granularity', granularities, defaults.granularity),
    populate: checkFlag(given.populate, 'options.populate', defaults.populate),
    lock: checkFlag(given.lock, 'options.lock', defaults.lock),
    advice: wordOr(given.advice, 'options.advice', adviceWords, defaults.advice),
    reserve: numberOr(given.reserve, 'options.reserve', checkPositiveSize, defaults.reserve),
    flags: given.flags === undefined ? defaults.flags : checkFurtherFlags(given.flags),
    faultGuard: checkFlag(given.faultGuard, 'options.faultGuard', defaults.faultGuard),
    backend: wordOr(given.backend, 'options.backend', ['auto', 'native', 'emulated'], defaults.backend),
  };
  checkTogether(parsed);
  return parsed;
}

/**
 * Splits the options of mapAsync(); `rest` is for {@link parseMapOptions}. @throws ERR_INVALID_ARG_TYPE,
 * ERR_INVALID_ARG_VALUE.
 */
export function splitMapOptions(options: unknown): SplitOptions<MapOptions> {
  return splitAsyncOptions<MapOptions>(options, KEYS, OTHER_NAMES);
}
