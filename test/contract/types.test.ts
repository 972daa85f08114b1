import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import ts from 'typescript';
import { ROOT } from '../support/paths.js';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'mapdirect-types-'));
  mkdirSync(join(home, 'node_modules', '@types'), { recursive: true });
  symlinkSync(ROOT, join(home, 'node_modules', 'mapdirect'));
  symlinkSync(join(ROOT, 'node_modules', '@types', 'node'), join(home, 'node_modules', '@types', 'node'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

// As strict as a user can be, and (as TypeScript 6 does) without the types of Node unless something asks for them.
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  types: [],
};

const program = `
import { anonymous, attach, map, mapAsync, seals, WriterLock, type MapOptions, type ReadStreamOptions } from 'mapdirect';
declare const size: number | undefined, signal: AbortSignal | undefined, flag: boolean | undefined, word: 'read' | undefined;
const options: MapOptions = { size, access: word, create: flag, direct: { deadline: size, policy: undefined } };
const mapping = map('a', options);
const bytes: number = mapping.view(0, 1).readUInt8(0);
mapping.write(Buffer.alloc(1), bytes, { drain: flag });
void mapAsync('a', { signal, onProgress: undefined });
void mapping.persistAsync(0, 1, { signal });
void mapping.prefetch(0, 1, { signal, write: flag });
void mapping.sealAsync({ signal });
async function closing(): Promise<void> {
  const range: ReadStreamOptions = { start: size, end: size, highWaterMark: size, signal };
  await using other = map('a');
  other.createReadStream(range).pipe(process.stdout);
  const disposable: AsyncDisposable & Disposable = other;
  await disposable[Symbol.asyncDispose]();
  return mapping.closeAsync();
}
void closing;
void seals.requestBreak('a', { deadline: size });
attach(mapping.share(), { fd: size });
anonymous(1, { name: undefined, seals: size });
WriterLock.acquire('a', { timeout: size, signal }).release();
void WriterLock.acquireAsync('a', { timeout: size, signal });
`;

const wrong = "import { map } from 'mapdirect'; map('a').view(0, 1).noMethodOfBuffers; map('a', { size: '1' });";

const constructed =
  "import { Mapping, Pin, Registration, Seal, WriterLock } from 'mapdirect'; new Mapping(); new Pin(); new Registration(); new Seal(); new WriterLock();";

/** The errors of the compiler in programs that use the package, by file. One run for all, since it starts slowly. */
function complaints(programs: Readonly<Record<string, string>>): Record<string, string[]> {
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(home, name), text);
  const found: Record<string, string[]> = {};
  const diagnostics = ts.getPreEmitDiagnostics(
    ts.createProgram(
      Object.keys(programs).map((name) => join(home, name)),
      options,
    ),
  );
  for (const { file, messageText } of diagnostics)
    (found[file === undefined ? 'everything' : basename(file.fileName)] ??= []).push(
      ts.flattenDiagnosticMessageText(messageText, '\n'),
    );
  return found;
}

test('an option may be undefined, under exactOptionalPropertyTypes too; the types of Node are needed; a mistake is an error', () => {
  expect(complaints({ 'program.cts': program, 'program.mts': program, 'wrong.cts': wrong })).toEqual({
    'wrong.cts': [expect.stringContaining('noMethodOfBuffers'), expect.stringContaining("'string' is not assignable")],
  });
});

test('only the package constructs its classes', () => {
  expect(complaints({ 'constructed.cts': constructed })).toEqual({
    'constructed.cts': ['Mapping', 'Pin', 'Registration', 'Seal', 'WriterLock'].map((name) =>
      expect.stringContaining(`Constructor of class '${name}' is private`),
    ),
  });
});
