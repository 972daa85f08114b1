import { posix } from 'node:path';
import type { Heading } from './markdown.mjs';
import { groups, type Page } from './page.mjs';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);

/**
 * The pages that the navigation of every page shows. The reference has one entry for each entry point: its pages are
 * listed there.
 */
const isListed = ({ source }: Page): boolean => !source.startsWith('docs/api/') || /README\.md$/.test(source);

/**
 * The navigation: the questions that the pages answer.
 *
 * @param current The output of the page that shows it.
 */
function navigation(pages: readonly Page[], current: string, to: (output: string) => string): string {
  const entry = ({ title, question, output }: Page): string => {
    const mark = output === current ? ' aria-current="page"' : '';
    const small = question === undefined ? '' : `<small>${escape(question)}</small>`;
    return `<li><a href="${to(output)}"${mark}>${escape(title)}${small}</a></li>`;
  };
  const parts = groups.map((group) => {
    const entries = pages.filter((page) => page.group === group && isListed(page)).map(entry);
    return entries.length === 0 ? '' : `<h2>${group}</h2>\n<ul>\n${entries.join('\n')}\n</ul>`;
  });
  return parts.filter((part) => part !== '').join('\n');
}

/** The parts of a long page. */
function contents(headings: readonly Heading[]): string {
  const shown = headings.filter(({ level }) => level === 2 || level === 3);
  if (shown.length < 4) return '';
  const items = shown.map(
    ({ level, id, text }) => `<li class="level-${level}"><a href="#${id}">${escape(text)}</a></li>`,
  );
  return `<details class="contents"><summary>On this page</summary>\n<ul>\n${items.join('\n')}\n</ul></details>`;
}

/** Puts a part behind the heading of the page and the paragraph with its question. */
function afterQuestion(html: string, part: string): string {
  const [start = ''] = /^.*?<\/h1>\s*(?:<p>.*?<\/p>)?/s.exec(html) ?? [];
  return `${start}\n${part}\n${html.slice(start.length)}`;
}

/** The parts of a page of the site. */
export interface Content {
  /** The path of the page below the root of the site. */
  readonly output: string;
  readonly title: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  /** All pages. */
  readonly pages: readonly Page[];
}

/** A whole page of the site. It works without JavaScript; only the search needs it. */
export function layout({ output, title, html, headings, pages }: Content): string {
  const to = (path: string): string => posix.relative(posix.dirname(output), path);
  const file = (name: string): string => to(`assets/${name}`);
  const root = to('assets').replace(/assets$/, '');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title === 'mapdirect' ? title : `${title} · mapdirect`)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${file('style.css')}">
<link rel="stylesheet" href="${file('code-light.css')}" media="(prefers-color-scheme: light)">
<link rel="stylesheet" href="${file('code-dark.css')}" media="(prefers-color-scheme: dark)">
<script defer src="${file('minisearch.js')}"></script>
<script defer src="${file('search.js')}"></script>
</head>
<body data-root="${root}">
<header>
<a class="home" href="${to('index.html')}">mapdirect</a>
<search><input type="search" id="search" placeholder="Search" aria-label="Search" autocomplete="off">
<ol id="found" hidden></ol></search>
<a class="to-pages" href="#pages">All pages</a>
</header>
<div class="columns">
<main>
${afterQuestion(html, contents(headings))}
</main>
<nav id="pages" aria-label="All pages">
${navigation(pages, output, to)}
</nav>
</div>
</body>
</html>
`;
}
