import { resolve } from 'node:path';
import { errno, systemError } from '../core/errors.js';
import type { Target } from '../core/target.js';
import type { Mapping } from '../mapping/mapping.js';

/** Memory of a simulator in place of a file. */
export interface SimulatedFile {
  /** Bytes. */
  readonly length: number;
  /** Makes the file longer. @param length - bytes of all of it. */
  grow(length: number): void;
  /** Maps a range that is within the file. @throws EOPNOTSUPP: an offset, without the native binary. */
  mapRange(offset: number, length: number): Mapping;
}

/**
 * The paths that lead to memory of mapdirect/testing in this thread. Empty, and one comparison for map(), without a
 * simulator.
 */
class SimulatedFiles {
  private readonly paths = new Map<string, SimulatedFile>();

  get size(): number {
    return this.paths.size;
  }

  /** @throws EBUSY: another simulator has this path. */
  add(path: string, file: SimulatedFile): void {
    if (this.paths.has(path))
      throw systemError(errno.EBUSY, 'CrashSimulator', path, 'another simulator has this path; close it first');
    this.paths.set(path, file);
  }

  /** Another memory serves the path until the returned function is called. */
  replace(path: string, file: SimulatedFile): () => void {
    const before = this.paths.get(path);
    this.paths.set(path, file);
    return () => {
      if (before === undefined) this.paths.delete(path);
      else this.paths.set(path, before);
    };
  }

  remove(path: string): void {
    this.paths.delete(path);
  }

  /** undefined: the target is no path of a simulator. */
  fileOf(target: Target): SimulatedFile | undefined {
    return typeof target === 'string' ? this.paths.get(resolve(target)) : undefined;
  }
}

export const simulatedFiles = new SimulatedFiles();
