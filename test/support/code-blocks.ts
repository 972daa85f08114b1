import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** A fenced code block of a Markdown file. */
export interface CodeBlock {
  /** The line of the opening fence, from 1. */
  readonly line: number;
  /** '' if the opening fence names none. */
  readonly language: string;
  /** The text after the language on the opening fence. */
  readonly note: string;
  readonly code: string;
}

/** The code blocks of a document, which is a path below the root of the repository. */
export function allCodeBlocks(document: string): CodeBlock[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const fences = text.matchAll(/^ *```([^\s`]*)(?: +([^\n]*))?\n(.*?)^ *```$/gms);
  return Array.from(fences, ({ 1: language = '', 2: note = '', 3: code = '', index }) => ({
    line: text.slice(0, index).split('\n').length,
    language,
    note,
    code,
  }));
}

/** The code blocks in one language. */
export function codeBlocks(document: string, language: string): CodeBlock[] {
  return allCodeBlocks(document).filter((block) => block.language === language);
}
