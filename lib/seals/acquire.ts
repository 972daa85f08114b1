import type { Progress } from '../core/progress.js';
import { inodeKey } from '../storage/inode-id.js';
import type { OpenFile } from '../backend/open-file.js';
import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, systemError } from '../core/errors.js';
import { ExtentMap } from '../file/extent-map.js';
import { addSealedInode, sealedInodes, sealing } from './sealed-inodes.js';
import type { Operation } from '../core/sync-or-async.js';
import { acquireKey } from '../core/keyed-lock.js';
import { InodeLease } from './inode-lease.js';
import { leaseGrace } from './lease-break-time.js';
import type { ParsedSealOptions } from './options.js';
import { prepareFile } from './prepare.js';
import { dropSeal, takeSeal } from './protocol.js';
import type { SealHolder } from './seal-holder.js';
import { checkSealable } from './sealable.js';
import type { SealedInode, SealLock } from './sealed-inode.js';
import { GET_NATIVE } from '../backend/remedy.js';

const { O_RDWR } = fsConstants;

/** What is to be sealed, and how. */
export interface SealRequest {
  readonly backend: Backend;
  readonly file: OpenFile;
  /** As the caller named it; only for errors and for seals.list(). */
  readonly path: string | undefined;
  readonly options: ParsedSealOptions;
  /** How far into the file its mapping goes. */
  readonly end: number;
  /** The kernel keeps the map still by itself: a mapping with MAP_DIRECT. */
  readonly kernel: boolean;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** @throws EBUSY, where it cannot be waited. */
function turn(key: string, path: string | undefined): Operation<() => void> {
  return acquireKey(sealing, key, () => {
    throw systemError(errno.EBUSY, 'seal', path, 'this thread is just sealing it asynchronously; await that first');
  });
}

/** The description that carries the locks: the mapping's own, where nobody else can have it, as a lease wants it; else one more. */
function sealLock({ file, path }: SealRequest): SealLock {
  if (file.ownsDescription) return { fd: file.fd, own: false };
  return { fd: file.files.reopen(file.fd, O_RDWR, path), own: true };
}

function leaseFor({ backend, file, path, options }: SealRequest, lock: { own: boolean }): InodeLease | undefined {
  if (options.enforcement !== 'lease') return undefined;
  const { leaseEvents } = backend;
  if (leaseEvents === undefined)
    throw systemError(errno.EOPNOTSUPP, 'fcntl F_SETLEASE', path, `the emulation has no leases; ${GET_NATIVE}`);
  if (lock.own) {
    throw systemError(
      errno.EAGAIN,
      'fcntl F_SETLEASE',
      path,
      'a lease wants the mapping to be the only open of the file, and the descriptor that was given is another: map by path, and close it',
    );
  }
  return InodeLease.take(leaseEvents, file, path, leaseGrace(options.deadline ?? Infinity));
}

/** Seals an inode that this thread has not sealed yet. Whatever fails, nothing stays sealed. */
function* sealFresh(request: SealRequest): Operation<SealedInode> {
  const { backend, file, path, options, onProgress } = request;
  const { files } = file;
  const exclusive = options.policy === 'exclusive';
  const lock = sealLock(request);
  let taken = false;
  let lease: InodeLease | undefined;
  try {
    yield* takeSeal(files, lock.fd, exclusive ? 'exclusive' : 'shared', path);
    taken = true;
    lease = leaseFor(request, lock);
    const map = yield* prepareFile(backend, { file, path }, lock.fd, options.prepare, onProgress);
    return addSealedInode({ backend, file: file.retain(), path, lock, exclusive, lease, map });
  } catch (error) {
    if (taken) dropSeal(files, lock.fd, path);
    lease?.release();
    if (lock.own) files.close(lock.fd);
    throw error;
  }
}

/** What the kernel or the driver keeps still: nothing to lock. */
function* keptByOthers({ backend, file, path, options, onProgress }: SealRequest): Operation<SealedInode> {
  const map =
    file.device === undefined
      ? yield* prepareFile(backend, { file, path }, file.fd, options.prepare, onProgress)
      : wholeDevice(file);
  return addSealedInode({
    backend,
    file: file.retain(),
    path,
    lock: undefined,
    exclusive: options.policy === 'exclusive',
    lease: undefined,
    map,
  });
}

function wholeDevice(file: OpenFile): ExtentMap {
  return ExtentMap.of(Float64Array.of(0, 0, file.size, 0), file.size, 'blocks');
}

/** The emulation: it binds its own thread only, and can read no extents. */
function emulatedInode({ backend, file, path, options }: SealRequest): SealedInode {
  const map = ExtentMap.of(file.files.readExtents(file.fd, 0, file.size, 'now'), file.size, 'holes');
  return addSealedInode({
    backend,
    file: file.retain(),
    path,
    lock: undefined,
    exclusive: options.policy === 'exclusive',
    lease: undefined,
    map,
  });
}

function* freshInode(request: SealRequest): Operation<SealedInode> {
  if (request.kernel || request.file.device !== undefined) return yield* keptByOthers(request);
  if (!request.backend.capabilities.sealLocks) {
    if (request.options.enforcement === 'lease') leaseFor(request, { own: false });
    return emulatedInode(request);
  }
  return yield* sealFresh(request);
}

/** One more holder of what this thread has sealed already: it must go with the others, and still be as it was. */
function* join(inode: SealedInode, request: SealRequest): Operation<SealHolder> {
  const { file, path, options, kernel } = request;
  if (inode.exclusive || options.policy === 'exclusive') {
    const why =
      inode.holders.size === 0
        ? 'an operation of the owner of an exclusive seal still runs; await it'
        : 'this thread has sealed it already, and an exclusive seal wants to be the only one';
    throw systemError(errno.EBUSY, 'seal', path, why);
  }
  if (inode.isBreaking)
    throw systemError(errno.EBUSY, 'seal', path, 'somebody waits for its seals to be broken; seal again afterwards');
  if (options.enforcement === 'lease' && inode.enforcement !== 'lease') {
    throw systemError(
      errno.EAGAIN,
      'fcntl F_SETLEASE',
      path,
      "this thread has sealed it without a lease; the first seal must ask for enforcement: 'lease'",
    );
  }
  const seal = inode.hold(options, request); // before anything that takes time: the last of the others may let go meanwhile
  try {
    if (!kernel && !inode.isKeptByPackage && file.device === undefined) yield* inode.addLock(sealLock(request));
    const moved = yield* inode.verify();
    if (moved.length > 0)
      throw systemError(
        errno.ETXTBSY,
        'seal',
        path,
        'its seal is violated: blocks have moved since; release every seal of it first',
      );
    if (seal.state === 'held') return seal;
    throw systemError(errno.EBUSY, 'seal', path, 'somebody waits for its seals to be broken; seal again afterwards');
  } catch (error) {
    seal.release();
    throw error;
  }
}

/** What is mapped past the end of the file would be SIGBUS, for as long as the seal keeps the size. */
function checkReach(seal: SealHolder, { file, path, end }: SealRequest): SealHolder {
  const { size } = file;
  if (size >= end) return seal;
  seal.release();
  throw systemError(
    errno.ESTALE,
    'seal',
    path,
    `the file ends at ${size} by now, before the end of the mapping at ${end}: somebody has cut it; map it again`,
  );
}

/**
 * Seals the inode of a file for one more holder: rules 4 to 6, 28 and 33 of docs/seals.md.
 *
 * @throws EOPNOTSUPP: cannot be sealed there, or not as strongly; EBUSY: another seal or a mutation is in the way, or came
 *   between; ETXTBSY with the extent in the way; ESTALE: the file is shorter than the mapping; EFBIG, ENOSPC of the
 *   preparation; what F_SETLEASE says. Then nothing is sealed.
 */
export function* acquireSeal(request: SealRequest): Operation<SealHolder> {
  const { file, path, options, kernel } = request;
  checkSealable(request.backend, file, path);
  if (options.enforcement === 'kernel' && !kernel && file.device === undefined) {
    const why =
      "only a mapping made with direct: { enforcement: 'kernel' } on a kernel that has MAP_DIRECT is sealed by the kernel; no released kernel has it";
    throw systemError(errno.EOPNOTSUPP, 'seal', path, why);
  }
  const key = inodeKey(file);
  file.retain(); // its mapping may be closed meanwhile
  let end = (): void => undefined;
  try {
    end = yield* turn(key, path);
    const known = sealedInodes.get(key);
    const seal =
      known === undefined ? (yield* freshInode(request)).hold(options, request) : yield* join(known, request);
    return checkReach(seal, request);
  } finally {
    file.release();
    end();
  }
}
