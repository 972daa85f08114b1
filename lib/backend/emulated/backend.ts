import type { RegionToken } from '../region.js';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errno, systemError, type SystemError } from '../../core/errors.js';
import { EMULATED_METHOD } from '../../core/granularity.js';
import type { Backend, Capabilities } from '../backend.js';
import { emulatedFiles } from './files.js';
import { checkLength, MAX_EMULATED } from './memory.js';
import { EmulatedRegion } from './region.js';
import { sharedFile } from './shares.js';
import { GET_NATIVE } from '../remedy.js';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = fs.constants;
const { rmSync, unlinkSync } = fs;

const capabilities: Capabilities = Object.freeze({
  coherent: false,
  address: false,
  mapSync: false,
  paging: false,
  growInPlace: false,
  allocate: false,
  sealLocks: false,
  memorySeals: false,
  collectsWithViews: false,
  partialArrayBuffers: false,
  maxLength: MAX_EMULATED,
});

/** Removes the name of an open file. Where an open file keeps its name (Windows), at exit. */
function unname(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    process.once('exit', () => {
      try {
        rmSync(path, { force: true });
      } catch {
        // The operating system cleans the temporary directory.
      }
    });
  }
}

/** A substitute for memfd_create(2): a file in the temporary directory whose name is removed. */
function memoryFile(name: string, length: number, seals: number): number {
  if (seals !== 0) {
    throw systemError(
      errno.EOPNOTSUPP,
      'memfd_create',
      undefined,
      `the emulation cannot seal memory; leave seals out, or ${GET_NATIVE}`,
    );
  }
  // The name helps a person to recognize the file, as the name of a memfd does.
  const readable = name.replace(/[^\w.-]/g, '_').slice(0, 64);
  const path = join(tmpdir(), `mapdirect-${readable}-${randomBytes(12).toString('hex')}`);
  const fd = emulatedFiles.open(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
  unname(path);
  try {
    emulatedFiles.truncate(fd, length);
  } catch (error) {
    emulatedFiles.close(fd);
    throw error;
  }
  return fd;
}

function openShared(path: string): number {
  try {
    return emulatedFiles.open(path, O_RDWR, 0);
  } catch (error) {
    const { code } = error as SystemError;
    // ENOENT would tell the caller that the owner has closed its mapping.
    if (code === 'ENOENT') {
      throw systemError(
        errno.ESTALE,
        'attach',
        path,
        'the shared file has lost its name, and the emulation can only open it by that',
      );
    }
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS' && code !== 'ETXTBSY') throw error;
    return emulatedFiles.open(path, O_RDONLY, 0);
  }
}

/** Threads cannot share heap memory. They share the file. */
function attachDescriptor({ serial }: RegionToken, path: string | undefined): number {
  const owner = sharedFile(serial);
  if (owner === 'closed') throw systemError(errno.ENOENT, 'attach', path, 'the mapping that was shared is closed');
  if (owner !== 'elsewhere' && owner.file !== undefined) {
    try {
      return emulatedFiles.adopt(owner.file.fd);
    } catch (error) {
      if (path === undefined) throw error;
    }
  }
  if (path === undefined) {
    throw systemError(
      errno.EOPNOTSUPP,
      'attach',
      undefined,
      'the emulation shares a mapping by the path of its file, and this one has none; map a file by path',
    );
  }
  return openShared(path);
}

/**
 * The backend without an addon, for any platform: heap memory that node:fs reads from the file and writes back. Stores
 * reach the file at sync, detach, close and a normal exit, but not after a kill. Another mapping of the file sees them
 * only then, and only in parts that it has not read yet.
 *
 * @param reasons - the reasons that it is not the native one: one sentence each, with the remedy.
 */
export function emulatedBackend(reasons: readonly string[]): Backend {
  return Object.freeze<Backend>({
    kind: 'emulated',
    capabilities,
    files: emulatedFiles,
    leaseEvents: undefined,
    registrations: undefined,
    faultEvents: undefined,
    tryDirect: () => errno.EOPNOTSUPP,
    reasons: Object.freeze([...reasons]),
    method: () => EMULATED_METHOD,
    map: (request) => EmulatedRegion.map(request),
    memoryFile,
    attachDescriptor,
    checkLength,
    checkRoom: () => undefined,
  });
}
