import { extents } from '../../index.js';
import type { Io } from '../io.js';
import { jsonLine } from '../json.js';
import { reportExtents } from './report.js';

/** Prints the extents of a file: a picture and the first `listed` extents, or all of them as JSON. Returns 0. */
export function runExtents(path: string, listed: number, json: boolean, io: Io): number {
  const found = extents(path);
  const last = found.at(-1);
  const size = last === undefined ? 0 : last.offset + last.length;
  if (json) io.stdout.write(jsonLine({ path, size, extents: found }));
  else reportExtents({ path, size, extents: found }, listed, io);
  return 0;
}
