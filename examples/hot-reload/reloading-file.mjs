// A data file that is replaced while workers read it.
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { map } from 'mapdirect';

/** fsync(2) of a file or directory. */
function sync(path) {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Replaces the file as a whole, and tells the readers. A reader that has mapped the old file keeps it: the name leads
 * to another file now, and the bytes of the old one stay until its last mapping is closed.
 *
 * @param generation - an Int32Array of one word over a SharedArrayBuffer.
 */
export function publish(path, bytes, generation) {
  const next = `${path}.next`;
  writeFileSync(next, bytes);
  sync(next);
  renameSync(next, path);
  sync(dirname(path)); // the new name is durable, too
  Atomics.add(generation, 0, 1); // after the rename: whoever sees it finds the new file
}

/** The newest version of a file that publish() replaces. */
export class ReloadingFile {
  /** Why the newest version was not taken; undefined: it was. */
  refused;
  #path;
  #generation;
  #check;
  #seen;
  #mapping;

  /**
   * @param check - called with the mapping of a new version. It throws if the version is not good.
   * @throws the error of map() or of `check`, for the first version only.
   */
  constructor(path, generation, check = () => undefined) {
    this.#path = path;
    this.#generation = generation;
    this.#check = check;
    this.#seen = Atomics.load(generation, 0);
    this.#mapping = this.#open();
  }

  #open() {
    const mapping = map(this.#path, { access: 'read' });
    try {
      this.#check(mapping);
      return mapping;
    } catch (error) {
      mapping.close();
      throw error;
    }
  }

  /**
   * The mapping of the newest good version. Ask for it at each request, and use it in the same turn of the event loop:
   * a later call may close it. A request that waits uses a copy, or pins the mapping.
   */
  current() {
    const generation = Atomics.load(this.#generation, 0); // some nanoseconds while there is nothing new
    if (generation !== this.#seen) this.#reload(generation);
    return this.#mapping;
  }

  #reload(generation) {
    this.#seen = generation;
    try {
      const next = this.#open(); // before the old one is closed: there is no gap
      this.#mapping.close();
      this.#mapping = next;
      this.refused = undefined;
    } catch (error) {
      this.refused = error; // the old version goes on
    }
  }

  close() {
    this.#mapping.close();
  }
}
