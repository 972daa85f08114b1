import { errno, isSystemError, systemError } from '../core/errors.js';
import type { Progress } from '../core/progress.js';
import type { Operation } from '../core/sync-or-async.js';
import { acquireSeal } from '../seals/acquire.js';
import { kernelDirect, type KernelDirect } from '../seals/map-direct.js';
import type { ParsedDirect, ParsedSealOptions } from '../seals/options.js';
import type { SealHolder } from '../seals/seal-holder.js';
import type { MapRequest } from './map-request.js';

/** The result of the option `direct`. */
export interface SealOutcome {
  /** undefined: the file is not sealed. */
  readonly seal: SealHolder | undefined;
  /** Why the file is not sealed, or not by the kernel; for `durability.reasons`. */
  readonly reasons: readonly string[];
  /** The flag MAP_DIRECT of this kernel, if the mapping shall have it; else 0. */
  readonly kernelFlag: number;
}

/** The outcome without the option `direct`. */
export const NOT_ASKED: SealOutcome = Object.freeze({ seal: undefined, reasons: [], kernelFlag: 0 });

/** The kernel's part in the seal: its flag, or the reason why it takes no part. */
function kernelPart({ policy }: ParsedSealOptions, { backend, path, target: { file } }: MapRequest): KernelDirect {
  if (file.device !== undefined) return { reason: 'Its driver keeps the blocks where they are.' };
  const kernel = kernelDirect(backend, file, path);
  if (policy === 'refuse' || 'reason' in kernel) return kernel;
  return {
    reason: `MAP_DIRECT refuses everybody for as long as the mapping lives, so a seal with policy '${policy}' is kept in user space.`,
  };
}

/**
 * Seals the file as the option `direct` demands. This comes before mapping, because the preparation may move blocks. If
 * mapping then fails, the caller releases the seal.
 */
export function* sealTarget(
  request: MapRequest,
  { demand, seal: options }: ParsedDirect,
  onProgress?: (progress: Progress) => void,
): Operation<SealOutcome> {
  const { backend, path, target } = request;
  const { file, length } = target;
  const end = request.options.offset + length;
  const kernel = kernelPart(options, request);
  const reasons = 'reason' in kernel ? [kernel.reason] : [];
  if ('reason' in kernel && options.enforcement === 'kernel' && file.device === undefined)
    throw systemError(errno.EOPNOTSUPP, 'mmap', path, kernel.reason);
  try {
    const seal = yield* acquireSeal({ backend, file, path, options, end, kernel: 'flag' in kernel, onProgress });
    return { seal, reasons, kernelFlag: 'flag' in kernel ? kernel.flag : 0 };
  } catch (error) {
    // ESTALE: the file was truncated, so it cannot be mapped either.
    if (demand === 'require' || !isSystemError(error) || error.errno === errno.ESTALE) throw error;
    return { seal: undefined, reasons: [...reasons, `Not sealed: ${error.message}.`], kernelFlag: 0 };
  }
}
