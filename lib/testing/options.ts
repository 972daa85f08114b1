import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Span } from '../backend/region.js';
import { checkOptions } from '../core/check-options.js';
import { errno, invalidType, invalidValue, outOfRange } from '../core/errors.js';
import {
  checkFlag,
  checkInteger,
  checkOneOf,
  checkPath,
  checkPositiveSize,
  checkString,
  plainZero,
} from '../core/validators.js';
import type { SimulatedGranularity } from './model.js';
import type { FailingCall, PlannedFailure } from './recorder.js';

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
  /**
   * 'diff': stores are found by comparison at each call. 'exact': each store instruction is seen, in order, with every
   * value that it leaves; on Linux on x86_64, with Node.js, after a build from source. A store takes some 25
   * microseconds then, and a system call that stores into the memory fails with EFAULT. Default: 'diff'.
   */
  readonly trace?: 'diff' | 'exact' | undefined;
  /**
   * Diagnostics beside the usual ones. 'overwritten': a word is stored anew before its earlier value was durable, which
   * is legal. Default: none.
   */
  readonly diagnostics?: readonly 'overwritten'[] | undefined;
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
  /**
   * The loads of recovery are traced, and only words that it reads are varied: it must be deterministic. There are the
   * diagnostics 'torn-word' and 'reads-unguaranteed', too. It needs `trace: 'exact'`. A load takes some 25 microseconds
   * then, and a system call that uses the memory fails with EFAULT. Default: false.
   */
  readonly reads?: boolean | undefined;
  /** With `reads`: ranges whose words recovery may find in any mixture, for a checksum covers them. Default: none. */
  readonly checksummed?: readonly { readonly offset: number; readonly length: number }[] | undefined;
}

/** Options of {@link CrashSimulator.fail}. */
export interface FailOptions {
  /** Which call fails, counted from the next one: 1 is the next. Default: 1. */
  readonly at?: number | undefined;
  /** The code of the error. Default: 'EIO' for persist, 'ENOSPC' for resize. */
  readonly errno?: 'EIO' | 'ENOSPC' | 'EDQUOT' | undefined;
}

/** Checked options of a simulator. */
export interface ParsedSimulator {
  readonly size: number;
  readonly path: string | undefined;
  readonly content: Buffer | undefined;
  readonly granularity: SimulatedGranularity;
  readonly lines: 'words' | 'ordered';
  readonly sector: number;
  readonly trace: 'diff' | 'exact';
  readonly diagnostics: readonly 'overwritten'[];
  readonly seed: number;
}

export const GRANULARITIES = ['byte', 'cache-line', 'page', 'emulated'] as const;
const LARGEST_SEED = 2 ** 32 - 1;
/** The memory, a copy, and two for recovery: more would not be looked at in a test. */
const LARGEST = 2 ** 30;

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

function pathOf(path: unknown): string {
  checkString(path, 'options.path');
  if (path === '') throw invalidValue('options.path', 'must be the path of a file', path);
  return resolve(String(checkPath(path, 'options.path')));
}

/** undefined: no file is there. */
function contentOf(path: string): Buffer | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (!stats.isFile()) throw invalidValue('options.path', 'must be a regular file, or nothing yet', path);
  return readFileSync(path);
}

function diagnosticsOf(list: unknown): readonly 'overwritten'[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw invalidType('options.diagnostics', 'an array', list);
  return list.map((each) => checkOneOf(each, 'options.diagnostics', ['overwritten'] as const));
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE. */
export function parseSimulator(options: unknown): ParsedSimulator {
  const given = checkOptions<SimulatorOptions>(options, 'options', [
    'size',
    'path',
    'granularity',
    'lines',
    'sector',
    'trace',
    'diagnostics',
    'seed',
  ]);
  const path = given.path === undefined ? undefined : pathOf(given.path);
  const content = path === undefined ? undefined : contentOf(path);
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
    trace: checkOneOf(given.trace ?? 'diff', 'options.trace', ['diff', 'exact'] as const),
    diagnostics: diagnosticsOf(given.diagnostics),
    seed: plainZero(seed),
  };
}

const MOST_IMAGES = 2 ** 24;
const MOST_LEVELS = 8;
const LONGEST = 2 ** 31 - 1;
const MOST_FLIPS = 1024;

/** Checked options of a check. */
export interface ParsedCheck {
  readonly limit: number;
  readonly depth: number;
  readonly timeout: number;
  readonly flips: number;
  readonly reads: boolean;
  readonly checksummed: readonly Span[];
}

const CHECK_NAMES = ['limit', 'depth', 'timeout', 'flips', 'reads', 'checksummed'] as const;

function spansOf(list: unknown): readonly Span[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw invalidType('options.checksummed', 'an array', list);
  return list.map((each: unknown) => {
    const span = checkOptions<Span>(each, 'options.checksummed', ['offset', 'length']);
    checkInteger(span.offset, 'options.checksummed.offset', 0);
    checkInteger(span.length, 'options.checksummed.length', 0);
    return { offset: span.offset, length: span.length };
  });
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE. */
export function parseCheck(options: unknown, trace: 'diff' | 'exact'): ParsedCheck {
  const given = checkOptions<CheckOptions>(options, 'options', CHECK_NAMES);
  const { limit = 4096, depth = 1, timeout = 1000, flips = 0 } = given;
  checkInteger(limit, 'options.limit', 2, MOST_IMAGES);
  checkInteger(depth, 'options.depth', 0, MOST_LEVELS);
  checkInteger(timeout, 'options.timeout', 1, LONGEST);
  checkInteger(flips, 'options.flips', 0, MOST_FLIPS);
  const reads = checkFlag(given.reads, 'options.reads');
  if (reads && trace !== 'exact') throw invalidValue('options.reads', "needs a simulator with trace: 'exact'", reads);
  return { limit, depth, timeout, flips, reads, checksummed: spansOf(given.checksummed) };
}

/** As Linux numbers them. */
const FAILURES = { EIO: -5, ENOSPC: errno.ENOSPC, EDQUOT: errno.EDQUOT } as const;

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE. */
export function parseFailure(call: FailingCall, options: unknown): PlannedFailure {
  const given = checkOptions<FailOptions>(options, 'options', ['at', 'errno']);
  const { at = 1, errno: code = call === 'persist' ? 'EIO' : 'ENOSPC' } = given;
  checkInteger(at, 'options.at', 1);
  checkOneOf(code, 'options.errno', ['EIO', 'ENOSPC', 'EDQUOT'] as const);
  return { at, errno: FAILURES[code] };
}
