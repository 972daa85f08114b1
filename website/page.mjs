/** The parts of the navigation, in their order. */
export const groups = ['Start', 'Guides', 'Topics', 'Examples', 'API reference', 'Working on it'];

/**
 * A page of the site, as Markdown.
 *
 * @typedef {object} Page
 * @property {string} source The path of the Markdown file below the root of the repository.
 * @property {string} output The path of the HTML file below the root of the site.
 * @property {string} title
 * @property {string | undefined} question The first sentence, where it is a question.
 * @property {string} group One of {@link groups}.
 * @property {string} markdown
 */

/**
 * The HTML file of a Markdown file: README.md and index.md are the start page of their folder.
 *
 * @param {string} source
 */
export function outputOf(source) {
  return source.replace(/(^|\/)README\.md$/, '$1index.md').replace(/\.md$/, '.html');
}

/** @param {string} source */
function groupOf(source) {
  if (source === 'README.md') return 'Start';
  if (source.startsWith('docs/api/')) return 'API reference';
  if (source.startsWith('docs/guides/')) return 'Guides';
  if (source.startsWith('docs/')) return 'Topics';
  return source.startsWith('examples/') ? 'Examples' : 'Working on it';
}

/**
 * The first sentence of the first paragraph, if it is a question.
 *
 * @param {string} markdown
 */
export function questionOf(markdown) {
  const paragraphs = markdown.split(/\n{2,}/).map((part) => part.trim());
  const first = paragraphs.find((part) => part !== '' && !part.startsWith('#')) ?? '';
  return /^(?:[^.!?]|\.(?=\w))*\?(?= |$)/.exec(first.replaceAll(/\s+/g, ' '))?.[0];
}

/**
 * A Markdown file as a page. Its first heading is its title.
 *
 * @param {string} source
 * @param {string} markdown
 * @returns {Page}
 */
export function pageOf(source, markdown) {
  const [, heading = source] = /^# +(.+)$/m.exec(markdown) ?? [];
  return {
    source,
    output: outputOf(source),
    title: heading.replaceAll(/[`\\]/g, ''),
    question: questionOf(markdown)?.replaceAll('`', ''),
    group: groupOf(source),
    markdown,
  };
}
