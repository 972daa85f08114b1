import { release } from 'node:os';
import { loadAddon } from '../../lib/backend/native/load.js';
import { errnoName } from '../../lib/core/errors.js';
import { refusesUnsoundPins, type MemoryKind } from '../../lib/registration/memory-kind.js';
import { native } from './backends.js';
import type { Requirement } from './skip.js';

function refusal(): string | undefined {
  const loaded = loadAddon();
  if ('reason' in loaded) return undefined; // `native` says so
  const result = loaded.addon.uringTry();
  return result === 0 ? undefined : errnoName(result);
}

const refused = refusal();

/** io_uring works in this process. */
export const uring: Requirement = native.andUnless(
  refused === undefined,
  `io_uring is ${refused ?? ''} here`,
  'sysctl kernel.io_uring_disabled=0, or docker run --security-opt seccomp=unconfined',
);

/** What register({ provider: 'io_uring' }) does with memory of a kind on this kernel; undefined: it works. */
export function ringRefusal(kind: MemoryKind): 'EOPNOTSUPP' | 'EFAULT' | undefined {
  const isNew = refusesUnsoundPins(release()); // Linux 6.5 has both changes
  if (kind === 'memory') return undefined;
  if (kind === 'device-dax') return isNew ? undefined : 'EOPNOTSUPP';
  return kind === 'page cache' && isNew ? 'EFAULT' : 'EOPNOTSUPP';
}
