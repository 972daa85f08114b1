import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkOptions } from '../core/check-options.js';
import { errno, invalidValue, outOfRange, systemError } from '../core/errors.js';
import { checkInteger, checkOneOf, checkPath, checkPositiveSize, plainZero } from '../core/validators.js';
import type { SimulatedGranularity } from './model.js';

/** Options of {@link CrashSimulator}. */
export interface SimulatorOptions {
  /** Bytes of the memory. Needed without `path`; with it the default is the size of the file. */
  readonly size?: number | undefined;
  /**
   * A path: while the simulator lives, map() of this path in this thread gives the simulated memory. If a file is
   * there, its content is the first content. The file itself is never changed. Default: none.
   */
  readonly path?: string | undefined;
  /** How the memory forgets; 'emulated': as the emulation of this package. Default: 'cache-line'. */
  readonly granularity?: SimulatedGranularity | undefined;
  /** 'words': the words of a cache line are independent. 'ordered': as on x86_64, they are not. Default: 'words'. */
  readonly lines?: 'words' | 'ordered' | undefined;
  /** Bytes that a disk writes whole: 512 or 4096. Only for 'page'. Default: 512. */
  readonly sector?: 512 | 4096 | undefined;
  /** 'diff': stores are found by comparison at each call. 'exact' is not part of this version. Default: 'diff'. */
  readonly trace?: 'diff' | 'exact' | undefined;
  /** The seed: it decides the contents where not all are tried. 0 to 2^32 - 1. Default: 1. */
  readonly seed?: number | undefined;
}

/** Options of {@link CrashSimulator.check}. */
export interface CheckOptions {
  /** The largest number of contents for one moment of a crash; of more, some are tried. Default: 4096. */
  readonly limit?: number | undefined;
  /** The number of levels: crashes during recovery, and during the recovery from these. Default: 1. */
  readonly depth?: number | undefined;
  /** Milliseconds that one recovery may take. Default: 1000. */
  readonly timeout?: number | undefined;
  /** Each content is also tried with so many wrong bits, at places that the seed decides. Default: 0. */
  readonly flips?: number | undefined;
}

/** Checked options of a simulator. */
export interface ParsedSimulator {
  readonly size: number;
  readonly path: string | undefined;
  readonly content: Buffer | undefined;
  readonly granularity: SimulatedGranularity;
  readonly lines: 'words' | 'ordered';
  readonly sector: number;
  readonly seed: number;
}

const GRANULARITIES = ['byte', 'cache-line', 'page', 'emulated'] as const;
const LARGEST_SEED = 2 ** 32 - 1;
/** The memory, a copy, and two for recovery: more would not be looked at in a test. */
const LARGEST = 2 ** 30;

function checkTrace(trace: unknown): void {
  if (checkOneOf(trace ?? 'diff', 'options.trace', ['diff', 'exact'] as const) === 'diff') return;
  throw systemError(
    errno.EOPNOTSUPP,
    'CrashSimulator',
    undefined,
    "trace: 'exact' is not part of this version; use 'diff', which samples the pieces of a word",
  );
}

function sizeOf(size: unknown, content: Buffer | undefined): number {
  if (size === undefined) {
    if (content === undefined || content.length === 0)
      throw invalidValue('options.size', 'must be a number of bytes: there is no file with a content', size);
    return content.length;
  }
  checkPositiveSize(size, 'options.size');
  if (size > LARGEST) throw outOfRange('options.size', `<= ${LARGEST}`, size);
  if (content !== undefined && size < content.length)
    throw outOfRange('options.size', `>= ${content.length}, the size of the file`, size);
  return size;
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE; EOPNOTSUPP for trace: 'exact'. */
export function parseSimulator(options: unknown): ParsedSimulator {
  const given = checkOptions<SimulatorOptions>(options, 'options', [
    'size',
    'path',
    'granularity',
    'lines',
    'sector',
    'trace',
    'seed',
  ]);
  checkTrace(given.trace);
  const path = given.path === undefined ? undefined : resolve(String(checkPath(given.path, 'options.path')));
  const content = path !== undefined && existsSync(path) ? readFileSync(path) : undefined;
  const seed = given.seed ?? 1;
  checkInteger(seed, 'options.seed', 0, LARGEST_SEED);
  const sector = given.sector ?? 512;
  if (sector !== 512 && sector !== 4096) throw invalidValue('options.sector', 'must be 512 or 4096', sector);
  return {
    size: sizeOf(given.size, content),
    path,
    content,
    granularity: checkOneOf(given.granularity ?? 'cache-line', 'options.granularity', GRANULARITIES),
    lines: checkOneOf(given.lines ?? 'words', 'options.lines', ['words', 'ordered'] as const),
    sector,
    seed: plainZero(seed),
  };
}

const MOST_IMAGES = 2 ** 24;
const MOST_LEVELS = 8;
const LONGEST = 2 ** 31 - 1;
const MOST_FLIPS = 1024;

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE. */
export function parseCheck(options: unknown): Required<{ [Key in keyof CheckOptions]: number }> {
  const given = checkOptions<CheckOptions>(options, 'options', ['limit', 'depth', 'timeout', 'flips']);
  const { limit = 4096, depth = 1, timeout = 1000, flips = 0 } = given;
  checkInteger(limit, 'options.limit', 2, MOST_IMAGES);
  checkInteger(depth, 'options.depth', 0, MOST_LEVELS);
  checkInteger(timeout, 'options.timeout', 1, LONGEST);
  checkInteger(flips, 'options.flips', 0, MOST_FLIPS);
  return { limit, depth, timeout, flips };
}
