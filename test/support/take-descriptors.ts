import assert from 'node:assert/strict';
import fs from 'node:fs';
import { devNull } from 'node:os';

/** Opens descriptors until the process has no free one. @returns them. */
export function takeDescriptors(): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(fs.openSync(devNull, 'r'));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EMFILE');
  }
  return taken;
}
