import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildRemedy, managerAt, managerOf } from '../../../lib/backend/remedy.js';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'mapdirect-remedy-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

let count = 0;

/** A project with the package in its node_modules, and with the traces of a package manager. */
function project(trace?: string): string {
  const folder = join(home, `project-${++count}`);
  const root = join(folder, 'node_modules', 'mapdirect');
  mkdirSync(root, { recursive: true });
  if (trace !== undefined) {
    mkdirSync(dirname(join(folder, trace)), { recursive: true });
    writeFileSync(join(folder, trace), '');
  }
  return root;
}

test.each([
  ['node_modules/.package-lock.json', 'npm'],
  ['node_modules/.modules.yaml', 'pnpm'],
  ['node_modules/.yarn-state.yml', 'yarn'],
  ['node_modules/.yarn-integrity', 'yarn'],
  ['bun.lock', 'bun'],
] as const)('%s tells of %s', (trace, manager) => {
  const root = project(trace);
  expect(managerAt(root)).toBe(manager);
  expect(buildRemedy(root)).toContain(manager);
});

test('the folder itself tells of pnpm and of yarn', () => {
  expect(managerAt('/a/node_modules/.pnpm/mapdirect@0.1.0/node_modules/mapdirect')).toBe('pnpm');
  expect(managerAt('/a/.yarn/unplugged/mapdirect-npm-0.1.0/node_modules/mapdirect')).toBe('yarn');
});

test('where nothing tells, the remedy names all of them', () => {
  const root = project();
  expect(managerAt(root)).toBeUndefined();
  for (const name of ['npm rebuild', 'pnpm approve-builds', 'yarn rebuild', 'bun pm trust'])
    expect(buildRemedy(root)).toContain(name);
});

test('in a clone it is the install step alone', () => {
  expect(buildRemedy('/home/me/mapdirect')).toBe(
    'With a C++17 compiler, make and python3 installed, run "node /home/me/mapdirect/scripts/install.js".',
  );
});

test('a path is written as a shell takes it', () => {
  expect(buildRemedy("/it's/here")).toContain(`'/it'\\''s/here/scripts/install.js'`);
});

test.each([
  ['npm/11.19.1 node/v24.0.0 linux x64 workspaces/false', 'npm'],
  ['pnpm/10.2.0 npm/? node/v24.1.0 linux x64', 'pnpm'],
  ['cnpm/9.0.0', undefined],
  [undefined, undefined],
])('the user agent %s is of %s', (agent, manager) => {
  expect(managerOf(agent)).toBe(manager);
});
