// What is in the published package, and what stops a release.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

/** All that a package may have. A new kind of file is a decision: it goes to every user. */
const KINDS: readonly RegExp[] = [
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|ARCHITECTURE\.md|SECURITY\.md)$/,
  /^dist\/lib\/[\w/-]+(?:\.js|\.mjs|\.d\.ts|\.d\.mts)$/,
  /^docs\/[\w/-]+\.(?:md|svg)$/,
  /^examples\/[\w/-]+\.(?:md|mjs)$/,
  // For a build where no binary fits.
  /^binding\.gyp$/,
  /^src-native\/[\w/]+\.(?:cc|h|map)$/,
  /^scripts\/(?:install|prepare)\.js$/,
  /^prebuilds\/README\.md$/,
  /^prebuilds\/linux-(?:x64|arm64)\/mapdirect\.glibc\.node$/,
];
/** One file of each part that must be there. */
const PARTS = [
  'dist/lib/index.js',
  'dist/lib/index.mjs',
  'dist/lib/index.d.ts',
  'dist/lib/index.d.mts',
  'dist/lib/cli/main.js',
  'src-native/addon.cc',
  'src-native/unsupported.cc',
  'binding.gyp',
  'scripts/install.js',
];

function packed(root: string): string[] {
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, npm_config_cache: join(scratch.dir, 'npm-cache') },
  });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  const [{ files }] = JSON.parse(stdout) as [{ files: Array<{ path: string }> }];
  return files.map(({ path }) => path);
}

test('the package has only known kinds of files, and each part of them', () => {
  const files = packed(ROOT);
  expect(files.filter((path) => !KINDS.some((kind) => kind.test(path)))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(PARTS));
});

test('the package has the binaries, when they are built', () => {
  const root = scratch.path('package');
  const binaries = ['x64', 'arm64'].map((arch) => `prebuilds/linux-${arch}/mapdirect.glibc.node`);
  for (const path of ['.gitignore', 'package.json']) cpSync(join(ROOT, path), join(root, path));
  for (const path of binaries) write(root, path, '');
  expect(packed(root)).toEqual(expect.arrayContaining(binaries));
});

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A package that may be published. */
function release(): string {
  const root = scratch.path('release');
  const known = { repository: 'r', bugs: 'b', homepage: 'h' };
  const { main } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { main: string };
  write(root, 'package.json', JSON.stringify({ main, version: '1.2.3', ...known }));
  write(root, 'CHANGELOG.md', '# Changelog\n\n## 1.2.3 - 2026-11-28\n');
  for (const path of [main, ...['x64', 'arm64'].map((arch) => `prebuilds/linux-${arch}/mapdirect.glibc.node`)])
    write(root, path, '');
  return root;
}

/** The reasons against a release, one a line. */
function check(root: string): { readonly status: number | null; readonly reasons: string } {
  const script = join(ROOT, 'scripts', 'check-release.js');
  const { status, stderr } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
  return { status, reasons: stderr };
}

test('npm publish runs the check of a release', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  expect(scripts).toHaveProperty('prepublishOnly', 'node scripts/check-release.js');
});

test('a complete release passes', () => {
  expect(check(release())).toEqual({ status: 0, reasons: '' });
});

test.each([
  ['prebuilds/linux-arm64/mapdirect.glibc.node', /mapdirect\.glibc\.node is missing: npm run build:prebuilds/],
  ['dist/lib/index.js', /dist\/lib\/index\.js is missing: npm run build:ts/],
])('a release without %s is refused', (path, reason) => {
  const root = release();
  rmSync(join(root, path));
  expect(check(root)).toEqual({ status: 1, reasons: expect.stringMatching(reason) });
});

test('a release without its date or repository is refused, with all reasons at once', () => {
  const root = release();
  write(root, 'CHANGELOG.md', '# Changelog\n\n## 1.2.3 - unreleased\n');
  write(
    root,
    'package.json',
    JSON.stringify({ main: 'dist/lib/index.js', version: '1.2.3', bugs: 'b', homepage: 'h' }),
  );
  const { status, reasons } = check(root);
  expect(status).toBe(1);
  expect(reasons).toContain('package.json has no "repository"');
  expect(reasons).toContain('CHANGELOG.md has no heading "## 1.2.3 - YYYY-MM-DD"');
});
