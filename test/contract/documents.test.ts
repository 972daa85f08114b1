import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import * as library from '../../lib/index.js';
import * as rdma from '../../lib/rdma/index.js';
import { codeBlocks } from '../support/code-blocks.js';
import { allDocuments, proseOf, textOf, userDocuments } from '../support/documents.js';
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
  const ofNode = ['ERR_DLOPEN_DISABLED', 'ERR_SCRIPT_EXECUTION_TIMEOUT']; // compared with, never thrown
  const sections = text('docs', 'errors.md').split(/^## /m);
  const headings = sections.map((section) => Array.from(section.matchAll(/^### `(\w+)`$/gm), ([, code = '']) => code));
  for (const codes of headings) expect(codes).toEqual([...new Set(codes)].sort());
  expect(
    [...new Set(words)].filter((code) => !ofNode.includes(code) && !headings.flat().includes(code)).sort(),
  ).toEqual([]);
});

test('docs/members.md names every export and every public member of a mapping', () => {
  const page = textOf('docs/members.md');
  const functions = Object.keys(library).filter((name) => /^[a-z]/.test(name));
  expect(functions.length).toBeGreaterThan(8);
  expect(functions.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
  const members = mappingDeclarations.flatMap(publicMembers);
  expect(members.length).toBeGreaterThanOrEqual(35);
  expect(members.filter((name) => name !== 'toJSON' && !page.includes(name))).toEqual([]);
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

/** The anchors that GitHub makes for the headings of a document. */
function anchors(document: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ''] of proseOf(document).matchAll(/^#+ +(.+)$/gm)) {
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

/** The targets of the links of a document that lead to the repository, without their anchors, and with them. */
function linksOf(document: string): { link: string; target: string; anchor: string | undefined }[] {
  const links = Array.from(proseOf(document).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
  return links
    .filter((link) => !/^https?:/.test(link))
    .map((link) => {
      const [path = '', anchor] = link.split('#');
      return { link, target: path === '' ? document : posix.join(posix.dirname(document), path), anchor };
    });
}

test.each(allDocuments)('the links of %s lead to files and headings of the repository', (document) => {
  const broken = linksOf(document).filter(
    ({ target, anchor }) => !existsSync(join(ROOT, target)) || (anchor !== undefined && !anchors(target).has(anchor)),
  );
  expect(broken.map(({ link }) => link)).toEqual([]);
});

test('links lead from README.md to every document for users', () => {
  const reached = new Set(['README.md']);
  for (const document of reached) {
    for (const { target } of linksOf(document)) if (allDocuments.includes(target)) reached.add(target);
  }
  expect(reached.size).toBeGreaterThan(20);
  expect(userDocuments.filter((document) => !reached.has(document))).toEqual([]);
});

test('the scripts that documents run by npm are in package.json', () => {
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  const named = allDocuments.flatMap((document) =>
    Array.from(textOf(document).matchAll(/\bnpm run ([\w:-]+)/g), ([, name = '']) => name),
  );
  expect(named.length).toBeGreaterThan(30);
  expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
});

// The change log names files of its time; house.test.ts checks the code map of ARCHITECTURE.md.
const current = allDocuments.filter((name) => !['CHANGELOG.md', 'ARCHITECTURE.md'].includes(name));

test.each(current)('the paths in %s are files of the repository', (name) => {
  const paths = proseOf(name).matchAll(/(?<![\w./-])((?:lib|src-native|test|docs|examples|scripts)\/[\w/.-]+\.\w+)/g);
  const missing = Array.from(paths, ([, path = '']) => path).filter((path) => !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});

test.each(allDocuments.filter((name) => name !== 'README.md'))('%s begins with its question', (name) => {
  const [, first = ''] = /^# [^\n]+\n\n(.+?)(?:\n\n|$)/s.exec(textOf(name)) ?? [];
  expect(first.replaceAll('\n', ' ')).toMatch(/^(?:[^.!?]|\.(?=\w))+\?(?: |$)/);
});
