import type { KeyedLocks } from '../core/keyed-lock.js';
import { registryPart } from '../core/registry.js';
import { inodeKey } from '../storage/inode-id.js';
import { SealedInode, type SealedInodeParts } from './sealed-inode.js';

/** The inodes that this thread has sealed, by inodeKey(). */
export const sealedInodes = registryPart('seals', () => new Map<string, SealedInode>());

/** The inodes that this thread is sealing at the moment. Each promise resolves when that has ended. */
export const sealing = registryPart('sealing', (): KeyedLocks => new Map());

/**
 * Enters an inode that was just sealed; its end removes it again. The caller holds it at once: see SealedInode.hold().
 */
export function addSealedInode(parts: SealedInodeParts): SealedInode {
  const key = inodeKey(parts.file);
  const inode = new SealedInode(parts, () => sealedInodes.delete(key));
  sealedInodes.set(key, inode);
  inode.listen();
  return inode;
}
