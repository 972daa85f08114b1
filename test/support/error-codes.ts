import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** The codes that have a heading in docs/errors.md. */
export function codesWithHeading(): Set<string> {
  const document = readFileSync(join(ROOT, 'docs', 'errors.md'), 'utf8');
  return new Set(Array.from(document.matchAll(/^### `(\w+)`$/gm), ([, code = '']) => code));
}
