import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { native } from '../support/backends.js';
import { ROOT } from '../support/paths.js';

/** The tour on this Node; .ci/run makes it on Bun and on Deno too. */
function tour(backend: string): string {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'test', 'runtimes', 'tour.cjs'), backend],
    { encoding: 'utf8' },
  );
  const failures = stdout.split('\n').filter((line) => !line.startsWith('skipped: '));
  expect({ status, signal, stderr, failures }).toEqual({
    status: 0,
    signal: null,
    stderr: '',
    failures: [expect.stringMatching(/^[1-9]\d* passed, 0 failed, \d+ skipped$/), ''],
  });
  return stdout;
}

describe('every public call works in a process of its own', () => {
  test('emulated', () => {
    tour('emulated');
  });
});

native.describe('every public call works in a process of its own', () => {
  test('native', () => {
    expect(tour('native')).not.toContain('the emulation has none');
  });
});
