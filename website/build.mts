import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { documents } from './documents.mjs';
import { layout } from './layout.mjs';
import { Links } from './links.mjs';
import { render, renderSource, type Heading } from './markdown.mjs';
import type { Page } from './page.mjs';
import { ROOT } from './paths.mjs';
import { reference } from './reference.mjs';

const require = createRequire(import.meta.url);

/** Files of the site that are no pages. */
const ASSETS = {
  'style.css': join(ROOT, 'website', 'assets', 'style.css'),
  'search.js': join(ROOT, 'website', 'assets', 'search.js'),
  'minisearch.js': join(dirname(require.resolve('minisearch')), '..', 'umd', 'index.js'),
  'code-light.css': require.resolve('highlight.js/styles/github.min.css'),
  'code-dark.css': require.resolve('highlight.js/styles/github-dark.min.css'),
};

/** The codes that have a heading in docs/errors.md. */
function errorCodes(pages: readonly Page[]): Set<string> {
  const { markdown = '' } = pages.find(({ source }) => source === 'docs/errors.md') ?? {};
  return new Set(Array.from(markdown.matchAll(/^### `(\w+)`$/gm), ([, code = '']) => code));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A part of a page, as the search knows it. assets/search.js reads it. */
interface SearchEntry {
  readonly page: string;
  /** Empty: the part is the page. */
  readonly heading: string;
  readonly address: string;
  readonly text: string;
}

/** One entry of the search for each part of a page. */
function searchEntries(page: Page, headings: readonly Heading[]): SearchEntry[] {
  return headings.map(({ id, text, body, level }) => ({
    page: page.title,
    heading: level === 1 ? '' : text,
    address: `${page.output}#${id}`,
    text: body,
  }));
}

/**
 * Builds the site: the documents, the examples and the API reference. It needs no server: the pages can be opened as
 * files.
 *
 * @param root The repository.
 * @param out A folder. It is made anew.
 * @returns The number of pages, and the links that lead nowhere.
 */
export async function build(root: string, out: string): Promise<{ pages: number; dead: readonly string[] }> {
  const written = documents(root);
  const pages = [...written, ...(await reference(root, errorCodes(written)))];
  const links = new Links(root, pages);
  const entries: SearchEntry[] = [];
  rmSync(out, { recursive: true, force: true });
  for (const page of pages) {
    const { html, headings } = render(page.markdown, (link) => links.resolve(page.source, link));
    write(join(out, page.output), layout({ ...page, html, headings, pages }));
    entries.push(...searchEntries(page, headings));
  }
  for (const source of links.sources) {
    const html = `<h1>${source}</h1>\n${renderSource(readFileSync(join(root, source), 'utf8'), source)}`;
    write(join(out, `${source}.html`), layout({ output: `${source}.html`, title: source, html, headings: [], pages }));
  }
  for (const picture of links.pictures) {
    mkdirSync(dirname(join(out, picture)), { recursive: true });
    copyFileSync(join(root, picture), join(out, picture));
  }
  write(join(out, 'assets', 'search-entries.js'), `globalThis.searchEntries = ${JSON.stringify(entries)};\n`);
  for (const [name, file] of Object.entries(ASSETS)) copyFileSync(file, join(out, 'assets', name));
  return { pages: pages.length + links.sources.size, dead: links.dead };
}
