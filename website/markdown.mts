import { posix } from 'node:path';
import hljs from 'highlight.js';
import MarkdownIt, { type Token } from 'markdown-it';

/** GitHub's anchors for headings: a link works there and here. */
class Anchors {
  readonly #taken = new Map<string, number>();

  /** @param heading Its text, without marks of Markdown. */
  next(heading: string): string {
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

function highlight(code: string, name: string): string {
  const language = name === 'mjs' ? 'js' : name;
  if (language === 'sh') return ''; // commands: the colours of bash's own words say nothing
  return hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : '';
}

/** A box that scrolls in itself, so that the page does not. The keyboard reaches it. */
const box = (inner: string): string => `<div class="scroll" tabindex="0">${inner}</div>`;

const markdown = new MarkdownIt({ html: true, highlight });
const { rules } = markdown.renderer;
rules.table_open = () => '<div class="scroll" tabindex="0"><table>\n';
rules.table_close = () => '</table></div>\n';
for (const name of ['fence', 'code_block'] as const) {
  const rule = rules[name];
  if (rule === undefined) throw new Error(`markdown-it has no rule for ${name}`);
  rules[name] = (...parts) => box(rule(...parts));
}

/** The text of an inline token, without its marks. */
function textOf(token: Token | undefined): string {
  return (token?.children ?? [])
    .filter(({ type }) => type === 'text' || type === 'code_inline')
    .map(({ content }) => content)
    .join('');
}

export interface Heading {
  /** 1 to 6. */
  readonly level: number;
  readonly id: string;
  readonly text: string;
  /** The text below it, up to the next heading. */
  body: string;
}

/** Gives each heading its anchor, and collects the headings with the text below them. */
function collectHeadings(tokens: readonly Token[]): Heading[] {
  const anchors = new Anchors();
  const headings: Heading[] = [];
  for (const [index, token] of tokens.entries()) {
    const last = headings.at(-1);
    if (token.type === 'heading_open') {
      const text = textOf(tokens[index + 1]);
      const id = anchors.next(text);
      token.attrSet('id', id);
      headings.push({ level: Number(token.tag.slice(1)), id, text, body: '' });
    } else if (token.type === 'inline' && last !== undefined && tokens[index - 1]?.type !== 'heading_open') {
      last.body += ` ${textOf(token)}`;
    }
  }
  return headings;
}

const relinked = (html: string, resolve: (link: string) => string): string =>
  html.replace(/\b(href|src|srcset)="([^"\s]+)"/g, (_all, name: string, link: string) => `${name}="${resolve(link)}"`);

/**
 * Renders one page.
 *
 * @param text Markdown.
 * @param resolve The address on the site for a link of the document.
 */
export function render(text: string, resolve: (link: string) => string): { html: string; headings: Heading[] } {
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

/** A source file as HTML. */
export function renderSource(code: string, path: string): string {
  const language = posix.extname(path).slice(1);
  return markdown.render(`${'`'.repeat(8)}${language}\n${code}\n${'`'.repeat(8)}`);
}
