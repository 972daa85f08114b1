// The tests that mmap-io and its fork have published, unchanged, over mapdirect/compat/mmap-io. They come from the npm
// registry, are compared with its checksums, and stay in $XDG_CACHE_HOME/mapdirect-compat.
import { describe, expect } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { needsOf } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { DIST, TEST_SOURCES } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';

interface Package {
  readonly name: string;
  /** The name of its tarball. */
  readonly file: string;
  /** Of the registry. */
  readonly sha512: string;
}

const packages: readonly Package[] = [
  {
    name: 'mmap-io@1.1.7',
    file: 'mmap-io-1.1.7.tgz',
    sha512: 'DSxroCWPHacAnPLpjHlE7ivkABcWrKQBb4bt49msCLmjWgWZoGpmIqaTn4WgkziAttLLRM4nlq2rQS803zr1rw==',
  },
  {
    name: '@riaskov/mmap-io@1.4.3',
    file: 'riaskov-mmap-io-1.4.3.tgz',
    sha512: 'R23Ie0hcaXqqVWNWdrIl8cZU/fQS7z8W4OENoU233/8FKImHIklWJ+yi45zVd0fIaaOGHJs9gf6vBqGa0OurTw==',
  },
];

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mapdirect-compat');
const scratch = new Scratch();

/** Gets the tarball into the cache. @returns false: the registry was not reached. */
function fetchPackage({ name, file }: Package): boolean {
  if (existsSync(join(cache, file))) return true;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, 'unfinished-'));
  try {
    const args = ['pack', name, '--silent', '--fetch-retries=1', '--pack-destination', unfinished];
    if (spawnSync('npm', args, { cwd: unfinished }).status !== 0) return false;
    renameSync(join(unfinished, file), join(cache, file));
    return true;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Unpacks it into a folder of its own. */
function unpack({ file, sha512 }: Package): string {
  const tarball = join(cache, file);
  expect(createHash('sha512').update(readFileSync(tarball)).digest('base64')).toBe(sha512);
  const folder = scratch.path();
  mkdirSync(folder);
  expect(spawnSync('tar', ['-xzf', tarball, '-C', folder]).status).toBe(0);
  return join(folder, 'package');
}

describe.each(packages)('the published test of $name', (each) => {
  const needs = needsOf('native').andUnless(
    fetchPackage(each),
    `npm pack ${each.name} failed`,
    'run the tests once with a connection to the npm registry',
  );

  needs.test('passes with mapdirect/compat/mmap-io in its place', () => {
    const folder = unpack(each);
    const program = join(folder, 'dist', 'test.js');
    const places = [join(folder, 'mmap-io.js'), join(DIST, 'lib', 'compat', 'mmap-io', 'index.js')];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--require', join(TEST_SOURCES, 'compat', 'redirect.cjs'), program],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...cleanEnvironment(), MAPDIRECT_TEST_REDIRECT: JSON.stringify(places) },
      },
    );
    const lines = stdout.trimEnd().split('\n');
    const count = JSON.parse(lines.pop() ?? '') as unknown;
    expect({ status, stderr, last: lines.pop() }).toEqual({ status: 0, stderr: '', last: 'All done' });
    // It stores 47,474 bytes and reads each through another mapping; before that it asserts seven times.
    expect(count).toEqual({ redirected: 1, asserted: 7 + 47_474 });
    // It catches the errors of its own parts, and prints them.
    expect(lines.filter((line) => /caught deliberate exception: /.test(line)).length).toBe(4);
    expect(lines.filter((line) => /^(Something|Failed to|Caught)/.test(line))).toEqual([]);
    expect(statSync(program).size).toBeGreaterThan(4096); // so that its file has two pages
  });
});
