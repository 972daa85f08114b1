import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import * as library from '../../lib/index.js';
import * as rdma from '../../lib/rdma/index.js';
import { codeBlocks } from '../support/code-blocks.js';
import { mappingDeclarations, publicMembers } from '../support/declarations.js';
import { rdmaMembers } from '../support/rdma-members.js';
import { registrationMembers } from '../support/registration-members.js';
import { ROOT } from '../support/paths.js';

const text = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

test('README has the two commands of a clone, each in a block of its own, and package.json has their scripts', () => {
  const commands = codeBlocks('README.md', 'sh').map(({ code }) => code.trim());
  expect(commands).toEqual(['npm ci && npm start', 'npm ci && npm test']);
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test', 'prepare']));
});

test('docs/errors.md has a heading, in order, for every code that the library gives to an error or a warning', () => {
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('cli'),
  );
  const source = files.map((name) => text('lib', name)).join('\n');
  const words = [/'(ERR_[A-Z_]+)'/g, /code: '(MAPDIRECT_[A-Z]+)'/g, /systemError\(\s*errno\.(E[A-Z0-9]+),/g].flatMap(
    (pattern) => Array.from(source.matchAll(pattern), ([, code = '']) => code),
  );
  expect(words.length).toBeGreaterThan(80);
  const ofNode = 'ERR_DLOPEN_DISABLED'; // compared with, never thrown
  const sections = text('docs', 'errors.md').split(/^## /m);
  const headings = sections.map((section) => Array.from(section.matchAll(/^### `(\w+)`$/gm), ([, code = '']) => code));
  for (const codes of headings) expect(codes).toEqual([...new Set(codes)].sort());
  expect([...new Set(words)].filter((code) => code !== ofNode && !headings.flat().includes(code)).sort()).toEqual([]);
});

test('README names every export and every public member of a mapping', () => {
  const readme = text('README.md');
  const functions = Object.keys(library).filter((name) => /^[a-z]/.test(name));
  expect(functions.length).toBeGreaterThan(8);
  expect(functions.filter((name) => !new RegExp(`\\b${name}\\b`).test(readme))).toEqual([]);
  const members = mappingDeclarations.flatMap(publicMembers);
  expect(members.length).toBeGreaterThanOrEqual(35);
  expect(members.filter((name) => name !== 'toJSON' && !readme.includes(name))).toEqual([]);
});

test('docs/rdma.md names every export of mapdirect/rdma, and every public member of its classes', () => {
  const document = text('docs', 'rdma.md');
  const names = [...Object.keys(rdma), ...Object.values(rdmaMembers).flat()].filter((name) => name !== 'toJSON');
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(document))).toEqual([]);
});

test('docs/registration.md names every public member of a Registration', () => {
  const document = text('docs', 'registration.md');
  expect(registrationMembers.filter((name) => !new RegExp(`\\b${name}\\b`).test(document))).toEqual(['toJSON']);
});

/** The Markdown files of the repository, as paths below its root. */
const documents = ['', 'docs/', 'bench/', 'prebuilds/', 'test/vm/map-direct/'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}${name}`),
);

/** A document without its code blocks, whose text can look like a heading or a link. */
const prose = (document: string): string => text(document).replace(/^```.*?^```$/gms, '');

/** The anchors that GitHub makes for the headings of a document. */
function anchors(document: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ''] of prose(document).matchAll(/^#+ +(.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let i = 1; found.has(anchor); i++) anchor = `${slug}-${i}`;
    found.add(anchor);
  }
  return found;
}

test.each(documents)('the links of %s lead to files and headings of the repository', (document) => {
  const links = Array.from(prose(document).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
  const broken = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? document : posix.join(posix.dirname(document), path);
    return !existsSync(join(ROOT, target)) || (anchor !== undefined && !anchors(target).has(anchor));
  });
  expect(broken).toEqual([]);
});

// The change log names files of its time; house.test.ts checks the code map of ARCHITECTURE.md.
const current = documents.filter((name) => !['CHANGELOG.md', 'ARCHITECTURE.md'].includes(name));

test.each(current)('the paths in %s are files of the repository', (name) => {
  const paths = prose(name).matchAll(/(?<![\w./-])((?:lib|src-native|test|docs|scripts)\/[\w/.-]+\.\w+)/g);
  const missing = Array.from(paths, ([, path = '']) => path).filter((path) => !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});
