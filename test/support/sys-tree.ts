import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Scratch } from './scratch.js';

/** A directory in the form of /sys or /proc, for code that takes the directory as an argument. */
export class SysTree {
  readonly root: string;

  constructor(scratch: Scratch) {
    this.root = scratch.path('sys');
  }

  private place(name: string): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  /** Makes a file, and returns its path. */
  file(name: string, content: string): string {
    const path = this.place(name);
    writeFileSync(path, content);
    return path;
  }

  /** Makes a symbolic link to `to` of this tree. */
  link(name: string, to: string): void {
    symlinkSync(join(this.root, to), this.place(name));
  }
}
