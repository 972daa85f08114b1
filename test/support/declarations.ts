import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** The declaration files of Mapping and of the classes that it extends. */
export const mappingDeclarations = [
  'mapped-memory',
  'durable-memory',
  'paged-memory',
  'waiting-memory',
  'closable-memory',
  'mapping',
].map((name) => `mapping/${name}.d.ts`);

/** The names that a pattern captures in the class of a declaration file below dist/lib. */
function namesIn(declaration: string, pattern: RegExp): string[] {
  const text = readFileSync(join(ROOT, 'dist', 'lib', declaration), 'utf8');
  const [, body = ''] = text.split(/export declare (?:abstract )?class/);
  return Array.from(body.matchAll(pattern), ([, name = '']) => name).filter((name) => name !== 'constructor');
}

/** The members that the types of a class show to its users. */
export function publicMembers(declaration: string): string[] {
  return namesIn(declaration, /^ {4}(?:get |readonly )?([a-z]\w*)[(:<]/gm);
}

/** The static methods that the types of a class show to its users. */
export function publicStatics(declaration: string): string[] {
  return namesIn(declaration, /^ {4}static ([a-z]\w*)[(<]/gm);
}

/** The methods among the {@link publicMembers}. */
export function publicMethods(declaration: string): string[] {
  return namesIn(declaration, /^ {4}([a-z]\w*)[(<]/gm);
}
