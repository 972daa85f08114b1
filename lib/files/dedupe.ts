import type { Deduped } from '../backend/file-operations.js';
import type { Backend } from '../backend/backend.js';
import { errno } from '../core/errors.js';
import type { Operation } from '../core/sync-or-async.js';
import { guardTwoFiles, sealedError } from '../seals/mutation-guard.js';
import { callWithAdvice } from './advice.js';
import type { CopyRequest } from './copy-range.js';

/** FIDEDUPERANGE, rule 15. */
export function* dedupeRange(
  backend: Backend,
  { from, fromOffset, to, toOffset, length }: CopyRequest,
): Operation<Deduped> {
  const { files } = backend;
  return yield* guardTwoFiles(backend, from, to, function* (source, destination) {
    if (source?.sealed === true)
      throw sealedError('ioctl FIDEDUPERANGE', undefined, 'deduplication would share the blocks of its source');
    if (destination?.sealed === true) return { bytes: 0, status: errno.ETXTBSY };
    return yield* callWithAdvice(
      undefined,
      () => files.dedupe(from, fromOffset, length, to, toOffset),
      () => files.dedupeAsync(from, fromOffset, length, to, toOffset),
    );
  });
}
