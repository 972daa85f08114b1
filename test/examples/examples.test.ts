import { describe, expect, test } from '@jest/globals';
import { Script } from 'node:vm';
import mmapIo from '../../lib/compat/mmap-io/index.js';
import * as library from '../../lib/index.js';
import { describeBackends } from '../support/backends.js';
import { codeBlocks, type CodeBlock } from '../support/code-blocks.js';
import { mappingDeclarations, publicMethods, publicStatics } from '../support/declarations.js';
import { userDocuments } from '../support/documents.js';
import { docstringExamples, tagCount } from './docstrings.js';
import { nativeOnly, run, type Ending, type Example } from './example.js';

/** The classes beside Mapping. */
const otherDeclarations = [
  'seals/seal.d.ts',
  'registration/registration.d.ts',
  'rdma/domain.d.ts',
  'rdma/endpoint.d.ts',
  'rdma/remote-memory.d.ts',
];

const GOOD: Ending = { status: 0, signal: null, stderr: '', notPrinted: [] };

interface Block extends CodeBlock {
  readonly document: string;
}

const blocks: readonly Block[] = userDocuments.flatMap((document) =>
  codeBlocks(document, 'js').map((block) => ({ document, ...block })),
);
const isFragment = ({ note }: Block): boolean => note.startsWith('fragment');

const ofDocuments: readonly Example[] = blocks
  .filter((block) => !isFragment(block))
  .map(({ document, line, code }) => ({ place: `${document}:${line}`, code }));
const ofDocstrings = docstringExamples();

describe('the examples', () => {
  test('are found in the documents and in the docstrings', () => {
    expect(ofDocuments.length).toBeGreaterThan(4);
    expect(ofDocstrings.length).toBeGreaterThan(8);
    expect(ofDocstrings.length).toBe(tagCount());
  });

  test('call every public function and method', () => {
    const names = [
      ...Object.keys(library).filter((name) => /^[a-z]/.test(name) && typeof Reflect.get(library, name) === 'function'),
      ...[...mappingDeclarations, ...otherDeclarations].flatMap(publicMethods).filter((name) => name !== 'toJSON'),
      ...publicStatics('mapping/mapping.d.ts').map((name) => `Mapping.${name}`),
      ...publicStatics('writer-lock.d.ts').map((name) => `WriterLock.${name}`),
      ...publicStatics('rdma/domain.d.ts').map((name) => `VerbsDomain.${name}`),
      ...publicStatics('rdma/remote-memory.d.ts').map((name) => `RemoteMemory.${name}`),
      ...Object.entries(mmapIo).flatMap(([name, value]) => (typeof value === 'function' ? [`mmap.${name}`] : [])),
      ...Object.keys(library.seals).map((name) => `seals.${name}`),
      ...[...Object.keys(library.files), 'promises.truncate']
        .filter((name) => name !== 'promises')
        .map((name) => `files.${name}`),
    ];
    expect(names.length).toBeGreaterThan(45);
    const code = ofDocstrings.map((example) => example.code).join('\n');
    expect(names.filter((name) => !new RegExp(`\\b${name}\\(`).test(code))).toEqual([]);
  });

  test('a block that is not a whole program says "fragment: " and the reason, and is valid JavaScript', () => {
    const fragments = blocks.filter(isFragment);
    for (const { note, code } of fragments) {
      expect(note).toMatch(/^fragment: \w.+/);
      expect(() => new Script(`(async function () {\n${code}\n})`)).not.toThrow();
    }
    const counts = userDocuments.map((name) => [name, fragments.filter(({ document }) => document === name).length]);
    expect(counts.filter(([, count]) => count !== 0)).toEqual([
      ['docs/durability.md', 4],
      ['docs/rdma.md', 2],
      ['docs/runtimes.md', 1],
      ['docs/testing.md', 1],
    ]);
  });
});

describeBackends('each example runs, and prints the lines that its comments promise', (backend) => {
  test.each([...ofDocuments, ...ofDocstrings])('$place', (example) => {
    const reason = backend === 'emulated' ? nativeOnly(example) : undefined;
    const ending = run(example, backend);
    if (reason === undefined) expect(ending).toEqual(GOOD);
    else expect({ reason, ...ending }).not.toMatchObject(GOOD); // else the comment "Native only" is untrue
  });
});
