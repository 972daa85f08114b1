import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageOf, type Page } from './page.mjs';

/** The folders whose Markdown files are pages, with the folders in them. The root counts without its folders. */
const FOLDERS = ['docs', 'examples', 'bench', 'prebuilds', 'test'];

function isDocument(path: string): boolean {
  return path.endsWith('.md') && !path.includes('node_modules');
}

/** The documents of the repository as pages. */
export function documents(root: string): Page[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  );
  const paths = [...readdirSync(root), ...inFolders].filter(isDocument).sort();
  return paths.map((path) => pageOf(path, readFileSync(join(root, path), 'utf8')));
}
