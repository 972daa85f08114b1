import { afterAll } from '@jest/globals';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watermark } from './watermark.js';

/** A temporary directory of one test file, made when it is first needed and removed after the last test. */
export class Scratch {
  private made: string | undefined;
  private count = 0;

  constructor() {
    afterAll(() => {
      if (this.made !== undefined) rmSync(this.made, { recursive: true, force: true });
    });
  }

  get dir(): string {
    return (this.made ??= mkdtempSync(join(tmpdir(), 'mapdirect-test-')));
  }

  /** A path at which there is nothing. */
  path(name = 'file'): string {
    return join(this.dir, `${this.count++}-${name}`);
  }

  /** A file of these bytes, or of so many bytes of watermark. */
  file(content: number | Buffer, name = 'file'): string {
    const path = this.path(name);
    writeFileSync(path, typeof content === 'number' ? watermark(0, content) : content, { mode: 0o600 });
    return path;
  }

  /** A file of `length` bytes, all of it a hole. */
  sparse(length: number, name = 'sparse'): string {
    const path = this.path(name);
    writeFileSync(path, '', { mode: 0o600 });
    truncateSync(path, length);
    return path;
  }
}
