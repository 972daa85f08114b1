import type { FileOperations, FileStatus } from './backend/backend.js';
import { registry } from './registry.js';

/**
 * An open file behind mappings: one descriptor per (inode, access mode) and thread, counted, so that 60,000 mappings of
 * one file need one. Made with one reference; the last release() closes the descriptor.
 */
export class BackingFile {
  private references = 1;

  private constructor(
    readonly files: FileOperations,
    readonly fd: number,
    /** O_RDONLY, O_WRONLY or O_RDWR. */
    readonly accessMode: number,
    readonly dev: bigint,
    readonly ino: bigint,
    readonly mode: number,
    /** f_type of statfs(2). */
    readonly fileSystem: number,
    readonly path: string | undefined,
  ) {}

  /**
   * Takes `fd` over (it is closed here, at the latest by release()) and returns the one BackingFile of its inode and
   * access mode: perhaps one that was there already.
   */
  static of(files: FileOperations, fd: number, accessMode: number, status: FileStatus, path?: string): BackingFile {
    const sameInode = registry.files.get(status.ino);
    const known = sameInode?.find((file) => file.dev === status.dev && file.accessMode === accessMode && file.files === files);
    if (known !== undefined) {
      files.close(fd);
      known.references++;
      return known;
    }
    const { dev, ino, mode } = status;
    const made = new BackingFile(files, fd, accessMode, dev, ino, mode, files.fileSystem(fd), path);
    if (sameInode === undefined) registry.files.set(ino, [made]);
    else sameInode.push(made);
    return made;
  }

  get size(): number {
    return this.files.stat(this.fd, this.path).size;
  }

  retain(): this {
    this.references++;
    return this;
  }

  release(): void {
    if (--this.references > 0) return;
    const sameInode = registry.files.get(this.ino);
    if (sameInode !== undefined) {
      const rest = sameInode.filter((file) => file !== this);
      if (rest.length === 0) registry.files.delete(this.ino);
      else registry.files.set(this.ino, rest);
    }
    this.files.close(this.fd);
  }
}
