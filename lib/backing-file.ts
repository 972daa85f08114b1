import type { FileOperations, FileStatus } from './backend/backend.js';
import { registry } from './registry.js';

/**
 * An open file behind mappings: one descriptor per (inode, access mode) and thread, counted, so that 60,000 mappings of
 * one file need one. Made with one reference; the last release() closes the descriptor.
 */
export class BackingFile {
  private references = 1;
  /** The errno that refused MAP_SYNC for this file, so that its next mapping need not ask again; 0: not known. */
  syncRefused = 0;

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
    const known = BackingFile.known(files, accessMode, status);
    if (known === undefined) return BackingFile.add(files, fd, accessMode, status, path);
    files.close(fd);
    return known;
  }

  /** As {@link BackingFile.of} for a descriptor that stays the caller's: it is duplicated only when its file is new here. */
  static ofCallers(files: FileOperations, fd: number, accessMode: number, status: FileStatus): BackingFile {
    const known = BackingFile.known(files, accessMode, status);
    return known ?? BackingFile.add(files, files.adopt(fd), accessMode, status, undefined);
  }

  private static known(files: FileOperations, accessMode: number, { dev, ino }: FileStatus): BackingFile | undefined {
    const sameInode = registry.files.get(ino);
    return sameInode?.find((file) => file.dev === dev && file.accessMode === accessMode && file.files === files)?.retain();
  }

  private static add(files: FileOperations, fd: number, accessMode: number, status: FileStatus, path?: string): BackingFile {
    const { dev, ino, mode } = status;
    const made = new BackingFile(files, fd, accessMode, dev, ino, mode, files.fileSystem(fd), path);
    const sameInode = registry.files.get(ino);
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
