// docs/runtimes.md promises what the checks of the packed package (npm run pack:test) try.
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checks } from '../pack/checks/all.js';
import { ROOT } from '../support/paths.js';

const names = checks.map(({ name }) => name);

/** What the pattern finds in the names of the checks, once each. */
const tried = (pattern: RegExp): string[] => [
  ...new Set(names.flatMap((name) => (pattern.exec(name)?.[1] === undefined ? [] : [pattern.exec(name)![1]!]))),
];

const page = readFileSync(join(ROOT, 'docs', 'runtimes.md'), 'utf8');

/** The cell of the first table whose row begins so. */
function cell(kind: string): string[] {
  const [, text = ''] = new RegExp(`^\\| [[\`]?${kind}[^|]*\\| (.*) \\|$`, 'm').exec(page) ?? [];
  return text.split(/[;,] (?=\d)|; /);
}

test.each([
  ['Node', /^use: .* on Node (\d+)$/],
  ['ways', /^use: (.*) on Node \d+$/],
  ['package managers', /^manager: (.*)$/],
  ['bundlers', /^bundler: ([^,]*),/],
  ['single executables', /^single executable: (Node \d+),/],
  ['test runners', /^test runner: (.*)$/],
  ['compilers', /^types: (TypeScript [\d.]+),/],
  ['moduleResolution', /moduleResolution (\w+)/],
])('docs/runtimes.md, row %s, names what is tried, and no more', (kind, pattern) => {
  expect(cell(kind)).toEqual(tried(pattern));
});

test('each bundler that is tried has a row with its setting', () => {
  const [, section = ''] = page.split('\n## Bundlers\n');
  const [table = ''] = section.split('\n## ');
  const rows = Array.from(table.matchAll(/^\| ([^|]+?) \| `/gm), ([, name]) => name);
  expect(rows).toEqual(tried(/^bundler: ([^,]*),/));
});

test('no two checks have the same name', () => {
  expect(names.length).toBeGreaterThan(50);
  expect([...new Set(names)]).toEqual(names);
});
