import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as library from '../../lib/index.js';
import { codeBlocks, ROOT } from '../support/code-blocks.js';

const text = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

test('README has the two commands of a clone, each in a block of its own, and package.json has their scripts', () => {
  const commands = codeBlocks('README.md', 'sh').map(({ code }) => code.trim());
  expect(commands).toEqual(['npm ci && npm start', 'npm ci && npm test']);
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test', 'prepare']));
});

test('docs/errors.md has every code that the library gives to an error or a warning', () => {
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('cli'),
  );
  const source = files.map((name) => text('lib', name)).join('\n');
  const words = [/'(ERR_[A-Z_]+)'/g, /code: '(MAPDIRECT_[A-Z]+)'/g, /systemError\(\s*errno\.(E[A-Z0-9]+),/g].flatMap(
    (pattern) => Array.from(source.matchAll(pattern), ([, code = '']) => code),
  );
  expect(words.length).toBeGreaterThan(80);
  const ofNode = 'ERR_DLOPEN_DISABLED'; // compared with, never thrown
  const documented = text('docs', 'errors.md');
  expect([...new Set(words)].filter((code) => code !== ofNode && !documented.includes(`\`${code}\``)).sort()).toEqual(
    [],
  );
});

/** The members that the types of a class show to its users. */
function publicMembers(declaration: string): string[] {
  const lines = text('dist', 'lib', ...declaration.split('/')).matchAll(/^ {4}(?:get |readonly )?([a-z]\w*)[(:<]/gm);
  return Array.from(lines, ([, name = '']) => name).filter((name) => name !== 'constructor');
}

test('README names every export and every public member of a mapping', () => {
  const readme = text('README.md');
  const functions = Object.keys(library).filter((name) => /^[a-z]/.test(name));
  expect(functions.length).toBeGreaterThan(8);
  expect(functions.filter((name) => !new RegExp(`\\b${name}\\b`).test(readme))).toEqual([]);
  const members = publicMembers('mapping/mapping.d.ts');
  expect(members.length).toBeGreaterThan(35);
  expect(members.filter((name) => name !== 'toJSON' && !readme.includes(name))).toEqual([]);
});
