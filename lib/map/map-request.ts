import type { Backend } from '../backend/backend.js';
import { growths } from '../backend/map-budget.js';
import { selectBackend } from '../backend/select.js';
import { forcedGranularity } from '../core/granularity.js';
import { parseTarget, type Target } from '../core/target.js';
import { openTarget, type OpenedTarget } from './open-target.js';
import type { ParsedOptions } from './options.js';

/** One call of map(): its checked options, its backend, and its opened target. */
export interface MapRequest {
  readonly backend: Backend;
  readonly options: ParsedOptions;
  /** As the caller named the target; undefined: by descriptor. */
  readonly path: string | undefined;
  readonly target: OpenedTarget;
}

/** Opens the target of a call of map(). Changes nothing on the disk, except that `create` makes the file. */
export function openRequest(target: Target, options: ParsedOptions): MapRequest {
  const parsed = parseTarget(target);
  forcedGranularity(); // a wrong word in the environment is an error before anything is touched
  const backend = selectBackend(options.backend);
  backend.checkRoom(options.reserve === 0 ? growths.map : growths.reserve, parsed.path);
  return { backend, options, path: parsed.path, target: openTarget(backend, parsed, options) };
}
