import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** Folders whose Markdown is made by a program, or belongs to other packages. */
const NOT_WRITTEN_HERE = ['docs/api', 'node_modules'];

/** The Markdown files of a folder, as paths below the root of the repository. A folder that is missing has none. */
function markdownIn(folder: string, recursive: boolean): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => (folder === '' ? name : `${folder}/${name}`))
    .filter((path) => !NOT_WRITTEN_HERE.some((part) => `/${path}`.includes(`/${part}/`)))
    .sort();
}

/** The documents for users of the package: each of their blocks of code and each of their commands runs in a test. */
export const userDocuments: readonly string[] = [
  ...['README.md', 'SECURITY.md'].filter((path) => existsSync(join(ROOT, path))),
  ...markdownIn('docs', true),
  ...markdownIn('examples', true),
];

/** All documents of the repository. */
export const allDocuments: readonly string[] = [
  ...new Set([
    ...markdownIn('', false),
    ...userDocuments,
    ...['bench', 'prebuilds', 'test/vm/map-direct'].flatMap((folder) => markdownIn(folder, false)),
  ]),
];

/** The text of a document. */
export function textOf(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

/** A document without its blocks of code, whose text can look like a heading or a link. */
export function proseOf(document: string): string {
  return textOf(document).replace(/^```.*?^```$/gms, '');
}
