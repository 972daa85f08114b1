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

const rdma = `
import { map, type RegistrationDomain } from 'mapdirect';
import { rdma, RemoteMemory, VerbsDomain, type Endpoint, type EndpointOptions, type RdmaDevice } from 'mapdirect/rdma';
declare const size: number | undefined, signal: AbortSignal | undefined, bytes: Uint8Array;
const devices: readonly RdmaDevice[] = rdma.devices();
const options: EndpointOptions = { depth: size, timeout: undefined, accept: ['remote-read'] };
async function both(): Promise<bigint> {
  using domain = VerbsDomain.open({ device: devices[0]?.name, port: size, gidIndex: undefined });
  const carrier: RegistrationDomain = domain;
  using registration = map('a').register({ domain: carrier, access: ['local-write', 'remote-flush'], provider: undefined });
  using endpoint: Endpoint = domain.endpoint(options);
  endpoint.once('failed', ({ error }) => console.error(error));
  endpoint.connect(bytes);
  const remote = RemoteMemory.from(registration.descriptor()).slice(0, 4096);
  await endpoint.persist(registration, 0, remote, 0, 64, { signal });
  return endpoint.fetchAdd(remote, 0, 1n);
}
void both;
`;

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
  'wrong-rdma.cts': ['RegistrationDomain', 'RegistrationDomain', 'RegistrationAccess', 'LocalMemory', 'DomainOptions'],
} as const;

let found: Record<string, string[]>;
beforeAll(() => {
  found = complaints({
    'program.cts': program,
    'program.mts': program,
    'rdma.cts': rdma,
    'rdma.mts': rdma,
    'wrong.cts': wrong,
    'constructed.cts': constructed,
    'wrong-rdma.cts': wrongRdma,
  });
}, 120_000);

test('an option may be undefined, under exactOptionalPropertyTypes too; the types of Node are needed', () => {
  expect(Object.keys(found).sort()).toEqual(Object.keys(mistakes).sort());
});

test.each([
  ['a method that there is not, and a value of a wrong type', 'wrong.cts'],
  ['a constructor: only the package constructs its classes', 'constructed.cts'],
  ['a wrong domain, right, memory or option of mapdirect/rdma', 'wrong-rdma.cts'],
] as const)('a mistake is an error: %s', (_title, name) => {
  expect(found[name]).toEqual(mistakes[name].map((words) => expect.stringContaining(words) as unknown));
});
