import { checked } from '../errors.js';
import type { Addon } from './addon.js';
import type { FileOperations, FileStatus } from './backend.js';
import type { Native } from './native-calls.js';

const ACCESS_MODE = 0o3; // O_ACCMODE
const BLOCK = 512; // the unit of st_blocks, whatever the file system's own is

/** {@link FileOperations} through the addon. */
export class NativeFiles implements FileOperations {
  private readonly addon: Addon;

  constructor(private readonly native: Native) {
    this.addon = native.addon;
  }

  open(path: string, flags: number, mode: number): number {
    return checked(this.addon.open(path, flags, mode), 'open', path);
  }

  adopt(fd: number): number {
    return checked(this.addon.duplicate(fd), 'fcntl');
  }

  close(fd: number): void {
    checked(this.addon.closeDescriptor(fd), 'close');
  }

  stat(fd: number, path?: string): FileStatus {
    checked(this.addon.stat(fd), 'fstat', path);
    const { registers: doubles, integers } = this.native;
    const rounded = doubles[6] ?? 0;
    return {
      dev: doubles[4] ?? 0,
      ino: rounded <= Number.MAX_SAFE_INTEGER ? rounded : (integers[5] ?? 0n),
      rdev: doubles[9] ?? 0,
      size: doubles[0] ?? 0,
      mode: doubles[1] ?? 0,
      allocated: (doubles[2] ?? 0) * BLOCK,
      mount: doubles[7] ?? 0,
      dax: doubles[8] === -1 ? undefined : doubles[8] === 1,
    };
  }

  accessMode(fd: number): number {
    return checked(this.addon.statusFlags(fd), 'fcntl') & ACCESS_MODE;
  }

  fileSystem(fd: number): number {
    // A file system that does not say (some FUSE ones fail here) is an unknown one.
    return Math.max(0, this.addon.fileSystem(fd));
  }

  allocate(fd: number, offset: number, length: number, path?: string): void {
    checked(this.addon.allocate(fd, /*mode=*/ 0, offset, length), 'fallocate', path);
  }

  async allocateAsync(fd: number, offset: number, length: number, path?: string): Promise<void> {
    checked(await this.addon.allocateAsync(fd, /*mode=*/ 0, offset, length), 'fallocate', path);
  }

  truncate(fd: number, length: number, path?: string): void {
    checked(this.addon.truncate(fd, length), 'ftruncate', path);
  }

  sync(fd: number, path?: string): void {
    checked(this.addon.syncFile(fd), 'fsync', path);
  }

  async syncAsync(fd: number, path?: string): Promise<void> {
    checked(await this.addon.syncFileAsync(fd), 'fsync', path);
  }
}
