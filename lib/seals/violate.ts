import type { Fault, Region } from '../backend/region.js';
import { inodeKey } from '../storage/inode-id.js';
import { sealedInodes } from './sealed-inodes.js';

/** Every seal that this thread has of the file is violated: a block under the mapping is gone. */
export function violateSeals({ file, offset }: Region, fault: Fault): void {
  if (file === undefined || sealedInodes.size === 0) return;
  sealedInodes.get(inodeKey(file))?.markLost(offset + fault.offset, fault.length);
}
