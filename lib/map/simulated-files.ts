import { resolve } from 'node:path';
import { errno, systemError } from '../core/errors.js';
import type { Target } from '../core/target.js';
import type { Mapping } from '../mapping/mapping.js';

/** Makes a mapping of a simulated file. `length`: undefined for all of it. */
type MapSimulated = (length: number | undefined) => Mapping;

/**
 * The paths that lead to memory of mapdirect/testing in this thread. Empty, and one comparison for map(), without a
 * simulator.
 */
class SimulatedFiles {
  private readonly paths = new Map<string, MapSimulated>();

  get size(): number {
    return this.paths.size;
  }

  /** @throws EBUSY: another simulator has this path. */
  add(path: string, map: MapSimulated): void {
    if (this.paths.has(path))
      throw systemError(errno.EBUSY, 'CrashSimulator', path, 'another simulator has this path; close it first');
    this.paths.set(path, map);
  }

  /** Another memory serves the path until the returned function is called. */
  replace(path: string, map: MapSimulated): () => void {
    const before = this.paths.get(path);
    this.paths.set(path, map);
    return () => {
      if (before === undefined) this.paths.delete(path);
      else this.paths.set(path, before);
    };
  }

  remove(path: string): void {
    this.paths.delete(path);
  }

  /** undefined: the target is no path of a simulator. */
  mapOf(target: Target): MapSimulated | undefined {
    return typeof target === 'string' ? this.paths.get(resolve(target)) : undefined;
  }
}

export const simulatedFiles = new SimulatedFiles();
