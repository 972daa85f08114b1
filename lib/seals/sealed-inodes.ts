import type { KeyedLocks } from '../core/keyed-lock.js';
import { registryPart } from '../core/registry.js';
import type { SealedInode } from './sealed-inode.js';

/** The inodes that this thread has sealed, by device and inode number (inodeKey()). */
export const sealedInodes = registryPart('seals', () => new Map<string, SealedInode>());

/** The inodes that this thread is just sealing; each promise resolves when that has ended. */
export const sealing = registryPart('sealing', (): KeyedLocks => new Map());
