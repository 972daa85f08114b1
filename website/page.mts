/** The parts of the navigation, in their order. */
export const groups = ['Start', 'Guides', 'Topics', 'Examples', 'API reference', 'Working on it'] as const;

/** A page of the site, as Markdown. */
export interface Page {
  /** The path of the Markdown file below the root of the repository. */
  readonly source: string;
  /** The path of the HTML file below the root of the site. */
  readonly output: string;
  readonly title: string;
  /** The first sentence, where it is a question. */
  readonly question: string | undefined;
  readonly group: (typeof groups)[number];
  readonly markdown: string;
}

/** The HTML file of a Markdown file: README.md and index.md are the start page of their folder. */
export function outputOf(source: string): string {
  return source.replace(/(^|\/)README\.md$/, '$1index.md').replace(/\.md$/, '.html');
}

function groupOf(source: string): Page['group'] {
  if (source === 'README.md') return 'Start';
  if (source.startsWith('docs/api/')) return 'API reference';
  if (source.startsWith('docs/guides/')) return 'Guides';
  if (source.startsWith('docs/')) return 'Topics';
  return source.startsWith('examples/') ? 'Examples' : 'Working on it';
}

/** The first sentence of the first paragraph, if it is a question. */
export function questionOf(markdown: string): string | undefined {
  const paragraphs = markdown.split(/\n{2,}/).map((part) => part.trim());
  const first = paragraphs.find((part) => part !== '' && !part.startsWith('#')) ?? '';
  return /^(?:[^.!?]|\.(?=\w))*\?(?= |$)/.exec(first.replaceAll(/\s+/g, ' '))?.[0];
}

/**
 * A Markdown file as a page. Its first heading is its title.
 *
 * @param source Its path below the root of the repository.
 */
export function pageOf(source: string, markdown: string): Page {
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
