import { posix } from 'node:path';
import hljs from 'highlight.js';
import MarkdownIt from 'markdown-it';

/** GitHub's anchors for headings: a link works there and here. */
class Anchors {
  #taken = new Map();

  /** @param {string} heading Its text, without marks of Markdown. */
  next(heading) {
    const slug = heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    const before = this.#taken.get(slug) ?? 0;
    this.#taken.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  }
}

/** @param {string} code @param {string} name */
function highlight(code, name) {
  const language = name === 'mjs' ? 'js' : name;
  if (language === 'sh') return ''; // commands: the colours of bash's own words say nothing
  return hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : '';
}

/** A box that scrolls in itself, so that the page does not. The keyboard reaches it. */
const box = (/** @type {string} */ inner) => `<div class="scroll" tabindex="0">${inner}</div>`;

const markdown = new MarkdownIt({ html: true, highlight });
const { rules } = markdown.renderer;
rules.table_open = () => '<div class="scroll" tabindex="0"><table>\n';
rules.table_close = () => '</table></div>\n';
const fence = rules.fence;
rules.fence = (...parts) => box(fence(...parts));
const block = rules.code_block;
rules.code_block = (...parts) => box(block(...parts));

/** The text of an inline token, without its marks. */
function textOf(token) {
  return (token.children ?? [])
    .filter(({ type }) => type === 'text' || type === 'code_inline')
    .map(({ content }) => content)
    .join('');
}

/**
 * @typedef {object} Heading
 * @property {1 | 2 | 3 | 4 | 5 | 6} level
 * @property {string} id
 * @property {string} text
 * @property {string} body The text below it, up to the next heading.
 */

/** Gives each heading its anchor, and collects the headings with the text below them. */
function collectHeadings(tokens) {
  const anchors = new Anchors();
  const headings = /** @type {Heading[]} */ ([]);
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'heading_open') {
      const text = textOf(tokens[index + 1]);
      const id = anchors.next(text);
      token.attrSet('id', id);
      headings.push({ level: Number(token.tag.slice(1)), id, text, body: '' });
    } else if (token.type === 'inline' && headings.length > 0 && tokens[index - 1].type !== 'heading_open') {
      headings.at(-1).body += ` ${textOf(token)}`;
    }
  }
  return headings;
}

/** @param {string} html @param {(link: string) => string} resolve */
const relinked = (html, resolve) =>
  html.replace(/\b(href|src|srcset)="([^"\s]+)"/g, (_all, name, link) => `${name}="${resolve(link)}"`);

/**
 * Renders one page.
 *
 * @param {string} text Markdown.
 * @param {(link: string) => string} resolve The address on the site for a link of the document.
 * @returns {{ html: string, headings: Heading[] }}
 */
export function render(text, resolve) {
  const tokens = markdown.parse(text, {});
  const headings = collectHeadings(tokens);
  for (const token of tokens.flatMap((each) => [each, ...(each.children ?? [])])) {
    for (const name of ['href', 'src']) {
      const link = token.attrGet(name);
      if (link !== null) token.attrSet(name, resolve(link));
    }
    if (token.type.startsWith('html_')) token.content = relinked(token.content, resolve);
  }
  return { html: markdown.renderer.render(tokens, markdown.options, {}), headings };
}

/**
 * A source file as HTML.
 *
 * @param {string} code
 * @param {string} path
 */
export function renderSource(code, path) {
  const language = posix.extname(path).slice(1);
  return markdown.render(`${'`'.repeat(8)}${language}\n${code}\n${'`'.repeat(8)}`);
}
