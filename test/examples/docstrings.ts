import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../support/paths.js';
import type { Example } from './example.js';

/** The text of a comment without its stars. */
function plain(comment: string): string {
  return comment
    .replace(/^\/\*\*[ \t]*\n?/, '')
    .replace(/\n?[ \t]*\*\/$/, '')
    .replace(/^[ \t]*\* ?/gm, '');
}

/** The program of each `@example` in a docstring. It ends at the next tag. */
function examplesIn(comment: string, place: string): Example[] {
  const [, ...parts] = plain(comment).split(/^@example\b[ \t]*\n?/m);
  return parts.map((part) => ({ place, code: `${part.split(/^@\w+/m)[0]?.trimEnd() ?? ''}\n` }));
}

/** The name that a declaration adds to the name of the declaration around it. */
function nameOf(node: ts.Node, source: ts.SourceFile): string {
  if (ts.isParameter(node) || ts.isPropertyAssignment(node)) return '';
  return (node as ts.Node & { name?: ts.Node }).name?.getText(source) ?? '';
}

/** Walks the declarations of a file, members of classes, interfaces and object literals included. */
function collect(source: ts.SourceFile, path: string): Example[] {
  const found: Example[] = [];
  const visit = (node: ts.Node, outer: string): void => {
    const name = [outer, nameOf(node, source)].filter((part) => part !== '').join('.');
    const docs = (node as ts.Node & { jsDoc?: readonly ts.JSDoc[] }).jsDoc ?? [];
    if (docs.length > 0) {
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      // The docstring of a constant belongs to its statement, which has no name.
      const shown = ts.isVariableStatement(node) ? node.declarationList.getText(source).split(/\W/)[1] : name;
      found.push(...docs.flatMap((doc) => examplesIn(doc.getText(source), `${path}:${line} ${shown}`)));
    }
    if (ts.isFunctionLike(node) || ts.isBlock(node)) return; // declarations inside a function are not public
    ts.forEachChild(node, (child) => visit(child, name));
  };
  visit(source, '');
  return found;
}

/** The TypeScript files of the library, as paths below the root of the repository. */
function sources(): string[] {
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('lib', name))
    .sort();
}

/** Every example in a docstring of the library. */
export function docstringExamples(): Example[] {
  return sources().flatMap((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    return collect(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, /*setParentNodes=*/ true), path);
  });
}

/** How often the tag stands in the sources: each must have been found as an example. */
export function tagCount(): number {
  return sources().reduce(
    (sum, path) => sum + (readFileSync(join(ROOT, path), 'utf8').match(/^\s*\*\s*@example\b/gm)?.length ?? 0),
    0,
  );
}
