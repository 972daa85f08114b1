import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** A fenced code block of a Markdown file. */
export interface CodeBlock {
  /** The line of the opening fence, from 1. */
  readonly line: number;
  /** The text after the language on the opening fence. */
  readonly note: string;
  readonly code: string;
}

/** The code blocks in one language. `document` is a path below the root of the repository. */
export function codeBlocks(document: string, language: string): CodeBlock[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const fences = text.matchAll(new RegExp(`^\`\`\`${language}(?: +([^\\n]*))?\\n(.*?)^\`\`\`$`, 'gms'));
  return Array.from(fences, ({ 1: note = '', 2: code = '', index }) => ({
    line: text.slice(0, index).split('\n').length,
    note,
    code,
  }));
}
