import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import type { OpenFile } from '../backend/open-file.js';
import { GET_NATIVE } from '../backend/remedy.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import { acquireKey } from '../core/keyed-lock.js';
import type { Progress } from '../core/progress.js';
import type { Operation } from '../core/sync-or-async.js';
import { ExtentMap } from '../file/extent-map.js';
import { inodeKey } from '../storage/inode-id.js';
import { InodeLease } from './inode-lease.js';
import { leaseGrace } from './lease-break-time.js';
import type { ParsedSealOptions } from './options.js';
import { prepareFile } from './prepare.js';
import { dropSealLocks, takeSealLock } from './protocol.js';
import type { SealHolder } from './seal-holder.js';
import { checkSealable } from './sealable.js';
import type { SealedInode, SealLock } from './sealed-inode.js';
import { addSealedInode, sealedInodes, sealing } from './sealed-inodes.js';

const { O_RDWR } = fsConstants;
const BREAK_IS_PENDING = 'a break of its seals was requested; seal again after it';

/** The arguments of {@link acquireSeal}. */
export interface SealRequest {
  readonly backend: Backend;
  readonly file: OpenFile;
  /** The caller's name of the file, for errors and for seals.list(). */
  readonly path: string | undefined;
  readonly options: ParsedSealOptions;
  /** The end of the mapping, in bytes from the start of the file. */
  readonly end: number;
  /** The mapping has MAP_DIRECT: the kernel keeps the block map. */
  readonly kernel: boolean;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

function busy(path: string | undefined, why: string): SystemError {
  return systemError(errno.EBUSY, 'seal', path, why);
}

/** Waits until this thread seals the inode nowhere else. @throws EBUSY in the synchronous form, which cannot wait. */
function waitForOtherSealing(key: string, path: string | undefined): Operation<() => void> {
  return acquireKey(sealing, key, () => {
    throw busy(path, 'this thread is sealing it asynchronously at the moment; await that first');
  });
}

/**
 * The description for the locks. The mapping's own, if no other code has a descriptor of it: a lease needs that.
 * Otherwise a new one.
 */
function openSealLock({ file, path }: SealRequest): SealLock {
  if (file.ownsDescription) return { fd: file.fd, own: false };
  return { fd: file.files.reopen(file.fd, O_RDWR, path), own: true };
}

function leaseError(code: 'EAGAIN' | 'EOPNOTSUPP', path: string | undefined, why: string): SystemError {
  return systemError(errno[code], 'fcntl F_SETLEASE', path, why);
}

/**
 * @throws EOPNOTSUPP on the emulation; EAGAIN if the mapping is not the only open of the file; the errno of F_SETLEASE.
 */
function takeLease({ backend, file, path, options }: SealRequest, lock: SealLock): InodeLease | undefined {
  if (options.enforcement !== 'lease') return undefined;
  const { leaseEvents } = backend;
  if (leaseEvents === undefined) throw leaseError('EOPNOTSUPP', path, `the emulation has no leases; ${GET_NATIVE}`);
  if (lock.own) {
    const why =
      'a lease needs the mapping to be the only open of the file, and the descriptor that was given is another: map by path, and close it';
    throw leaseError('EAGAIN', path, why);
  }
  return InodeLease.take(leaseEvents, file, path, leaseGrace(options.deadline ?? Infinity));
}

/** The protection of a sealed inode, beside its block map. */
interface Protection {
  readonly lock?: SealLock;
  readonly lease?: InodeLease | undefined;
}

function addInode({ backend, file, path, options }: SealRequest, map: ExtentMap, by: Protection): SealedInode {
  const exclusive = options.policy === 'exclusive';
  return addSealedInode({ backend, file: file.retain(), path, lock: by.lock, exclusive, lease: by.lease, map });
}

/** Seals an inode by the locks of the protocol. Whatever fails, nothing stays sealed. */
function* sealByLock(request: SealRequest): Operation<SealedInode> {
  const { backend, file, path, options, onProgress } = request;
  const { files } = file;
  const lock = openSealLock(request);
  let isLocked = false;
  let lease: InodeLease | undefined;
  try {
    yield* takeSealLock(files, lock.fd, options.policy === 'exclusive' ? 'exclusive' : 'shared', path);
    isLocked = true;
    lease = takeLease(request, lock);
    const map = yield* prepareFile(backend, { file, path }, lock.fd, options.prepare, onProgress);
    return addInode(request, map, { lock, lease });
  } catch (error) {
    if (isLocked) dropSealLocks(files, lock.fd, path);
    lease?.release();
    if (lock.own) files.close(lock.fd);
    throw error;
  }
}

/** The kernel (MAP_DIRECT) or the driver (device-dax) keeps the block map: no lock is needed. */
function* sealByKernel(request: SealRequest): Operation<SealedInode> {
  const { backend, file, path, options, onProgress } = request;
  if (file.device !== undefined) return addInode(request, wholeDevice(file), {});
  return addInode(request, yield* prepareFile(backend, { file, path }, file.fd, options.prepare, onProgress), {});
}

function wholeDevice({ size }: OpenFile): ExtentMap {
  return ExtentMap.of(Float64Array.of(0, 0, size, 0), size, 'blocks');
}

/** Seals on the emulation. Such a seal binds its own thread only, and its extents cannot be read. */
function sealOnEmulation(request: SealRequest): SealedInode {
  const { file, options, path } = request;
  if (options.enforcement === 'lease')
    throw leaseError('EOPNOTSUPP', path, `the emulation has no leases; ${GET_NATIVE}`);
  const map = ExtentMap.of(file.files.readExtents(file.fd, 0, file.size, 'now'), file.size, 'holes');
  return addInode(request, map, {});
}

/** Seals an inode that this thread has not sealed yet. */
function* sealInode(request: SealRequest): Operation<SealedInode> {
  if (request.kernel || request.file.device !== undefined) return yield* sealByKernel(request);
  return request.backend.capabilities.sealLocks ? yield* sealByLock(request) : sealOnEmulation(request);
}

/** @throws EBUSY, EAGAIN: the seals that this thread has of the inode do not allow this one. */
function checkJoinable(inode: SealedInode, { path, options }: SealRequest): void {
  if (inode.exclusive || options.policy === 'exclusive') {
    const why =
      inode.holders.size === 0
        ? 'an operation of the owner of an exclusive seal is still running; await it'
        : 'this thread has sealed it already, and an exclusive seal must be the only one';
    throw busy(path, why);
  }
  if (inode.isBreaking) throw busy(path, BREAK_IS_PENDING);
  if (options.enforcement === 'lease' && inode.enforcement !== 'lease') {
    const why = "this thread has sealed it without a lease; the first seal must ask for enforcement: 'lease'";
    throw leaseError('EAGAIN', path, why);
  }
}

/** Adds a holder to an inode that this thread has sealed. The policies must be compatible and the blocks unmoved. */
function* joinSeals(inode: SealedInode, request: SealRequest): Operation<SealHolder> {
  const { file, path, options, kernel } = request;
  checkJoinable(inode, request);
  const holder = inode.hold(options, request); // before any wait, during which the other holders may release
  try {
    if (!kernel && !inode.isKeptByPackage && file.device === undefined) yield* inode.addLock(openSealLock(request));
    const moved = yield* inode.verify();
    if (moved.length > 0) {
      const why = 'its seal is violated: blocks have moved since; release every seal of it first';
      throw systemError(errno.ETXTBSY, 'seal', path, why);
    }
    if (holder.state !== 'held') throw busy(path, BREAK_IS_PENDING);
    return holder;
  } catch (error) {
    holder.release();
    throw error;
  }
}

/**
 * A page of the mapping past the end of the file would be SIGBUS as long as the seal keeps the size.
 *
 * @throws ESTALE.
 */
function checkFileReaches(end: number, { file: { size }, path }: SealRequest): void {
  if (size >= end) return;
  throw systemError(
    errno.ESTALE,
    'seal',
    path,
    `the file ends at ${size}, before the end of the mapping at ${end}: another process truncated it; map it again`,
  );
}

/** @throws EOPNOTSUPP: enforcement 'kernel' is demanded, and the mapping has no MAP_DIRECT. */
function checkKernelDemand({ file, path, options, kernel }: SealRequest): void {
  if (options.enforcement !== 'kernel' || kernel || file.device !== undefined) return;
  const why =
    "only a mapping made with direct: { enforcement: 'kernel' } on a kernel that has MAP_DIRECT is sealed by the kernel; no released kernel has it";
  throw systemError(errno.EOPNOTSUPP, 'seal', path, why);
}

/**
 * Seals the inode of a file for one more holder: rules 4 to 6, 28 and 33 of docs/seals.md.
 *
 * @throws EOPNOTSUPP: no seals there, or none as strong; EBUSY: another seal or a mutation prevents it; ETXTBSY with
 *   the extent that prevents it; ESTALE: the file is shorter than the mapping; EFBIG, ENOSPC of the preparation; the
 *   errno of F_SETLEASE. Then nothing is sealed.
 */
export function* acquireSeal(request: SealRequest): Operation<SealHolder> {
  const { backend, file, path, options } = request;
  checkSealable(backend, file, path);
  checkKernelDemand(request);
  const key = inodeKey(file);
  file.retain(); // the mapping may be closed during a wait
  let endSealing = (): void => undefined;
  try {
    endSealing = yield* waitForOtherSealing(key, path);
    const known = sealedInodes.get(key);
    const holder =
      known === undefined ? (yield* sealInode(request)).hold(options, request) : yield* joinSeals(known, request);
    try {
      checkFileReaches(request.end, request);
    } catch (error) {
      holder.release();
      throw error;
    }
    return holder;
  } finally {
    file.release();
    endSealing();
  }
}
