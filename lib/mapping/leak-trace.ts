import { dirname } from 'node:path';
import { environment } from '../core/environment.js';
import { switchedOn } from '../core/switched-on.js';

// Up to this many frames of the package may stand above the frame of its caller.
const MAX_FRAMES = 40;

let isTracing: boolean | undefined;

/** MAPDIRECT_TRACE_LEAKS, read once. @throws ERR_INVALID_ARG_VALUE: it is not a word of a switch. */
export function tracesLeaks(): boolean {
  return (isTracing ??= switchedOn('MAPDIRECT_TRACE_LEAKS', environment));
}

/** A frame of the package. V8 names no file for the `next` of a generator, and the frames of map() are generators. */
function isInside(frame: string): boolean {
  return frame.includes(dirname(__dirname)) || /\.next \(<anonymous>\)$/.test(frame);
}

/** The stack of the package's caller, for the warning MAPDIRECT_LEAK. undefined: MAPDIRECT_TRACE_LEAKS is off. */
export function callerStack(): string | undefined {
  if (!tracesLeaks()) return undefined;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = MAX_FRAMES;
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = stackTraceLimit;
  const outside = frames.filter((frame) => !isInside(frame));
  return (outside.length > 0 ? outside : frames).slice(0, stackTraceLimit).join('\n');
}

// By the frame that made the mappings: how many of them were dropped.
const dropped = new Map<string, number>();

/** 1, 10, 100, ... */
function isPowerOfTen(count: number): boolean {
  return /^10*$/.test(String(count));
}

/**
 * Warns of a mapping that was dropped without close(). Of the mappings of one place in the code, only the 1st, the
 * 10th, the 100th, ... are warned of: a place that leaks, leaks all the time.
 *
 * @param stack - of {@link callerStack}, when the mapping was made.
 */
export function warnOfLeak(path: string | undefined, length: number, stack: string): void {
  const [place = ''] = stack.split('\n', 1);
  const count = (dropped.get(place) ?? 0) + 1;
  dropped.set(place, count);
  if (!isPowerOfTen(count)) return;
  const which = `A mapping${path === undefined ? '' : ` of '${path}'`} of ${length} bytes`;
  const number = count === 1 ? '' : ` (number ${count} of this place)`;
  process.emitWarning(`${which} was dropped without close()${number}; it was made here:\n${stack}`, {
    type: 'MapdirectWarning',
    code: 'MAPDIRECT_LEAK',
  });
}
