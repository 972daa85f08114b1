// Whoever reads about close() anywhere also reads there what a request in flight sees, and what to do.
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { textOf, userDocuments } from '../support/documents.js';
import { ROOT } from '../support/paths.js';

/** The paragraphs and list items of a document, each in one line; without code blocks, tables and headings. */
function paragraphs(document: string): string[] {
  const prose = textOf(document)
    .replace(/^```.*?^```$/gms, '')
    .replace(/^(?:\||#).*$/gm, '');
  return prose.split(/\n\s*\n|\n(?=- )/).map((part) => part.replace(/\s+/g, ' ').trim());
}

/** The paragraphs of the docstring before a declaration. */
function docstring(path: string, declaration: string): string[] {
  const before = readFileSync(join(ROOT, path), 'utf8').split(declaration)[0] ?? '';
  const comment = before.slice(before.lastIndexOf('/**'));
  expect(comment).toMatch(/\*\/\s*$/);
  return comment.split(/\n *\*\s*\n/).map((part) => part.replace(/\s*\n *\* ?/g, ' '));
}

/** The rule: what the request sees, that no error tells it, and the remedies. */
function expectRule(paragraph: string | undefined): void {
  expect(paragraph).toMatch(/zeros or nothing|the bytes as they were, or nothing/);
  expect(paragraph).toMatch(/without an error/);
  if (/closing\.md/.test(paragraph ?? '') && !/await/i.test(paragraph ?? '')) return; // the link has the remedies
  for (const remedy of [/await it|await the request/i, /\bpin\b/]) expect(paragraph).toMatch(remedy);
}

const naming = userDocuments.filter((document) => textOf(document).includes('`close()`'));

test('the first paragraph of a text on close() says what a request in flight sees, and what to do', () => {
  for (const document of ['README.md', 'docs/closing.md', 'docs/emulation.md']) {
    expectRule(paragraphs(document).find((part) => part.includes('`close()`')));
  }
});

test.each([
  ['lib/mapping/closable-memory.ts', '\n  close(): void'],
  ['lib/mapping/closable-memory.ts', '\n  closeAsync(): Promise<void>'],
  ['lib/mapping/mapping.ts', '\nexport class Mapping '],
])('the docstring in %s of %p does, too', (path, declaration) => {
  const on = docstring(path, declaration).find((part) => /close|Unmaps/.test(part));
  expectRule(on);
});

test('the docstring of close() and docs/closing.md name createReadStream() and closeAsync() in that paragraph', () => {
  const [first = ''] = docstring('lib/mapping/closable-memory.ts', '\n  close(): void');
  const page = paragraphs('docs/closing.md').find((part) => part.includes('`close()`'));
  for (const part of [first, page]) {
    expect(part).toContain('createReadStream');
    expect(part).toContain('closeAsync');
  }
});

test('every document that names close() leads to docs/closing.md', () => {
  expect(naming.length).toBeGreaterThanOrEqual(6);
  const others = naming.filter((document) => document !== 'docs/closing.md');
  expect(others.filter((document) => !/\]\((?:[\w./-]*\/)?closing\.md/.test(textOf(document)))).toEqual([]);
});
