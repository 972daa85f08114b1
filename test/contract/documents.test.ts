import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as library from '../../lib/index.js';
import { nativeIsHere } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const ROOT = join(__dirname, '..', '..', '..');
const scratch = new Scratch();
const text = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

/** The code blocks of a document in one language. */
function blocks(document: string, language: string): string[] {
  return Array.from(
    text(...document.split('/')).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')),
    ([, code = '']) => code,
  );
}

/** Those that are programs, not a line or two in place of others. */
function programs(document: string): string[] {
  return blocks(document, 'js').filter((code) => code.includes("require('mapdirect')"));
}

// One after the other in one folder: the file that an earlier example made may be there, as it is for a reader.
describe.each(['README.md', 'docs/durability.md', 'docs/seals.md'])('the examples of %s', (document) => {
  const folder = (): string => {
    const path = scratch.path(document.replace('/', '-'));
    mkdirSync(join(path, 'node_modules'), { recursive: true });
    return path;
  };
  const run = nativeIsHere() ? test : test.skip;
  run(`run as they stand${nativeIsHere() ? '' : ' (needs the addon: npm run build:native)'}`, () => {
    const cwd = folder();
    symlinkSync(ROOT, join(cwd, 'node_modules', 'mapdirect'));
    const examples = programs(document);
    expect(examples.length).toBeGreaterThan(0);
    for (const [i, code] of examples.entries()) {
      const file = join(cwd, `example-${i}.js`);
      writeFileSync(file, code);
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, [file], {
        cwd,
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect({ example: i, status, signal, stderr }).toEqual({ example: i, status: 0, signal: null, stderr: '' });
      // An output that the example promises on the line of its console.log().
      for (const [, promised = ''] of code.matchAll(/console\.log\(.*?\); +\/\/ ([\w ]+)$/gm)) {
        if (promised.split(' ').length <= 3) expect(stdout).toContain(promised);
      }
    }
  });
});

test('README has the two commands of a clone, each in a block of its own, and package.json has their scripts', () => {
  const commands = blocks('README.md', 'sh').map((code) => code.trim());
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
