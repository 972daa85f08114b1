import { dirname } from 'node:path';
import { environment } from '../core/environment.js';
import { switchedOn } from '../core/switched-on.js';

// Up to this many frames of the package may stand above the frame of its caller.
const MAX_FRAMES = 40;

let isTracing: boolean | undefined;

/** MAPDIRECT_TRACE_LEAKS, read once. @throws ERR_INVALID_ARG_VALUE: it is neither '1' nor '0'. */
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
