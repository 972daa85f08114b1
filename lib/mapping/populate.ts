import type { Region } from '../backend/region.js';
import { checkRange } from '../core/range.js';
import { call, type Operation } from '../core/sync-or-async.js';

/** Bytes that one call brings in. An abort is heard, and progress is reported, between two calls. */
const PART = 64 * 2 ** 20;

/**
 * Brings the pages of a range into memory, in parts of 64 MiB.
 *
 * @param write - Make the pages writable, too.
 * @param liveRegion - Asked for each part, since close() or resize() may come between two parts. It throws after
 *   close().
 * @param onPart - Called after each part with the bytes done so far.
 * @throws ERR_OUT_OF_RANGE for a part that a resize() cut off; ENOSPC, EFAULT, ENOMEM for a page that cannot be brought
 *   in.
 */
export function* populateParts(
  { offset, length }: { readonly offset: number; readonly length: number },
  write: boolean,
  liveRegion: () => Region,
  onPart?: (done: number) => void,
): Operation<void> {
  for (let done = 0; done < length;) {
    const start = offset + done;
    const part = Math.min(PART, length - done);
    const region = (): Region => {
      const live = liveRegion();
      checkRange(start, part, live.length);
      return live;
    };
    yield* call(
      () => region().populate(start, part, write),
      async () => region().populateAsync(start, part, write),
    );
    done += part;
    onPart?.(done);
  }
}
