import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { map, type Mapping } from '../../index.js';
import { UsageError } from '../arguments.js';

/** The directory in which the file is made: PATH itself, or the directory of PATH. @throws UsageError. */
export function directoryOf(path: string): string {
  const absolute = resolve(path);
  const isDirectory = (name: string): boolean => statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
  const found = [absolute, dirname(absolute)].find(isDirectory);
  if (found === undefined) throw new UsageError(`There is no directory '${dirname(absolute)}'.`);
  return found;
}

/** The temporary file: mapped, open with node:fs, and full of bytes that are on the disk. */
export class BenchFile {
  private constructor(
    readonly path: string,
    readonly mapping: Mapping,
    readonly view: Buffer,
    readonly handle: FileHandle,
  ) {}

  /**
   * Makes the file in `directory`, with a name that no other program guesses. Removes it again if that fails.
   *
   * @throws the error of open(2) or of map().
   */
  static async make(directory: string, size: number): Promise<BenchFile> {
    const path = join(directory, `mapdirect-bench-${randomBytes(8).toString('hex')}`);
    closeSync(openSync(path, 'wx', 0o600));
    let mapping: Mapping | undefined;
    try {
      // Without this advice a kernel with large folios reads in up to 1 MiB at once, and persist() writes all of it.
      mapping = map(path, { size, advice: 'random' });
      const view = mapping.view(0, size);
      // Each page differs, so that a device cannot store them as one. The first store into a block would be slower.
      for (let at = 0; at < size; at += 4) view.writeInt32LE(Math.imul(at, 0x9e3779b1), at);
      mapping.persist();
      return new BenchFile(path, mapping, view, await open(path, 'r+'));
    } catch (error) {
      mapping?.close();
      rmSync(path, { force: true });
      throw error;
    }
  }

  async remove(): Promise<void> {
    rmSync(this.path, { force: true });
    this.mapping.close();
    await this.handle.close();
  }
}
