import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import ts from 'typescript';
import { ROOT } from '../support/paths.js';
import { mainProgram, mistaken, mmapIoProgram, rdmaProgram, testingProgram } from '../support/typed-programs.js';

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

const wrongRdma = `
import { map } from 'mapdirect';
import { VerbsDomain, type Endpoint, type RemoteMemory } from 'mapdirect/rdma';
declare const endpoint: Endpoint, remote: RemoteMemory;
map('a').register({ domain: map('b') });
map('a').register({ domain: 'rxe0' });
map('a').register({ access: ['read'] });
void endpoint.write(Buffer.alloc(1), 0, remote, 0, 1);
VerbsDomain.open({ name: 'rxe0' });
`;

const wrongMmapIo = `
import mmap from 'mapdirect/compat/mmap-io';
mmap.map('1', 1, 1, 3);
mmap.map(1, 1, 1, 3).noMethodOfBuffers;
mmap.PAGESIZE = 5;
`;

/** Each class that only the package constructs. */
const constructed = `
import { Mapping, Pin, Registration, Seal, WriterLock } from 'mapdirect';
import { Endpoint, RemoteMemory, VerbsDomain } from 'mapdirect/rdma';
new Mapping(); new Pin(); new Registration(); new Seal(); new WriterLock();
new Endpoint(); new RemoteMemory(); new VerbsDomain();
`;

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

const mistakes = {
  'wrong.cts': ['noMethodOfBuffers', "'string' is not assignable"],
  'constructed.cts': [
    'Mapping',
    'Pin',
    'Registration',
    'Seal',
    'WriterLock',
    'Endpoint',
    'RemoteMemory',
    'VerbsDomain',
  ].map((name) => `Constructor of class '${name}' is private`),
  'wrong-mmap-io.cts': ["'string' is not assignable", 'noMethodOfBuffers', 'read-only property'],
  'wrong-rdma.cts': ['RegistrationDomain', 'RegistrationDomain', 'RegistrationAccess', 'LocalMemory', 'DomainOptions'],
} as const;

let found: Record<string, string[]>;
beforeAll(() => {
  found = complaints({
    'program.cts': mainProgram,
    'program.mts': mainProgram,
    'rdma.cts': rdmaProgram,
    'rdma.mts': rdmaProgram,
    'testing.cts': testingProgram,
    'testing.mts': testingProgram,
    'mmap-io.cts': mmapIoProgram,
    'mmap-io.mts': mmapIoProgram,
    'wrong.cts': mistaken,
    'constructed.cts': constructed,
    'wrong-rdma.cts': wrongRdma,
    'wrong-mmap-io.cts': wrongMmapIo,
  });
}, 120_000);

test('an option may be undefined, under exactOptionalPropertyTypes too; the types of Node are needed', () => {
  expect(Object.keys(found).sort()).toEqual(Object.keys(mistakes).sort());
});

test.each([
  ['a method that there is not, and a value of a wrong type', 'wrong.cts'],
  ['a constructor: only the package constructs its classes', 'constructed.cts'],
  ['a wrong domain, right, memory or option of mapdirect/rdma', 'wrong-rdma.cts'],
  ['a wrong argument of mapdirect/compat/mmap-io, and a constant that is set', 'wrong-mmap-io.cts'],
] as const)('a mistake is an error: %s', (_title, name) => {
  expect(found[name]).toEqual(mistakes[name].map((words) => expect.stringContaining(words) as unknown));
});
