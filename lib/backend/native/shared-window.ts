import { errno, systemError } from '../../core/errors.js';
import type { Addon } from './addon.js';

const NOT_HERE =
  'this runtime has no SharedArrayBuffer over mapped memory (Node 22.23, 24.16 and 26.1 have). Use share(), and attach() the handle in the other thread';

/** Region.sharedWindow(). @throws EOPNOTSUPP, ENOMEM. */
export function sharedWindow(
  addon: Addon,
  { slot, offset, length }: { readonly slot: number; readonly offset: number; readonly length: number },
  path: string | undefined,
): SharedArrayBuffer {
  const made = addon.sharedWindow(slot, offset, length);
  if (typeof made !== 'number') return made;
  if (made === errno.ENOTSUP) throw systemError(errno.EOPNOTSUPP, 'sharedArrayBuffer', path, NOT_HERE);
  throw systemError(made, 'sharedArrayBuffer', path, 'the runtime could not make a SharedArrayBuffer of that size');
}
