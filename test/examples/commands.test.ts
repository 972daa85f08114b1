// The commands in the documents for users. Each one runs here, or has a reason below.
import { describe, expect, test } from '@jest/globals';
import { allCodeBlocks, codeBlocks } from '../support/code-blocks.js';
import { textOf, userDocuments } from '../support/documents.js';
import { native } from '../support/backends.js';
import { runCommands } from './example.js';

/** The commands that do not run here, as they stand in the documents, with the reason. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm ci && npm start': '.ci/run runs it, in a clean clone',
  'npm ci && npm test': '.ci/run runs it, in a clean clone',
  'npm run build': '.ci/run builds',
  'npm install --prefix bench/rivals/npm --no-package-lock': 'needs the network, for the rivals of the bench',
  'npm run bench -- --quick': 'takes 2 minutes',
  'npm run bench': 'takes 15 minutes',
  'npm run bench -- --compare': 'takes 15 minutes',
  'npm run model -- --runs 2000 --seed 20260': 'a long form; test/model/model.test.ts runs a short one',
  'node dist/test/model/main.js --runs 2000 --seed 20260': 'a long form; test/model/model.test.ts runs a short one',
  'node node_modules/mapdirect/scripts/install.js': 'compiles; test/process/backends.test.ts runs the script',
  'node examples/http-file/main.mjs package.json 8080': 'serves until Ctrl-C; test/examples/http-file.test.ts runs it',
  'curl -i -r 0-15 http://127.0.0.1:8080/': 'needs the server; test/examples/http-file.test.ts sends such requests',
  'node examples/metrics/server.mjs visits.bin 9464': 'serves until Ctrl-C; test/examples/metrics.test.ts runs it',
  'node replica.mjs /dev/dax0.0 7000': 'needs two machines; test/vm/guest/rdma-replicated-log.test.ts runs it',
  'node primary.mjs /mnt/pmem/primary.log 7000 replica':
    'needs two machines; test/vm/guest/rdma-replicated-log.test.ts runs it',
};

/** Blocks that are no JavaScript and no commands, and the suite that runs them. `text` is what a program prints. */
const OTHER_LANGUAGES = [
  ['docs/seals.md', 'c', 'test/seals/protocol.test.ts'],
  ['docs/seals.md', 'python', 'test/seals/protocol.test.ts'],
  ['docs/testing.md', 'mjs', 'test/pack/checks/runners.ts'],
  ['docs/writer-lock.md', 'python', 'test/process/writer-lock.test.ts'],
] as const;

/** The commands of a block, without comments. A backslash at the end of a line goes on in the next one. */
function commandsOf(code: string): string[] {
  return code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(?:^|\s+)# .*$/, '').trim())
    .filter((line) => line !== '');
}

const blocks = userDocuments.flatMap((document) =>
  codeBlocks(document, 'sh').map(({ line, code }) => ({ place: `${document}:${line}`, commands: commandsOf(code) })),
);
const isElsewhere = (command: string): boolean => Object.hasOwn(ELSEWHERE, command);
const toRun = blocks
  .map(({ place, commands }) => ({ place, commands: commands.filter((command) => !isElsewhere(command)) }))
  .filter(({ commands }) => commands.length > 0);

describe('the commands of the documents', () => {
  test('are all known, and each exception is in a document', () => {
    const found = new Set(blocks.flatMap(({ commands }) => commands));
    expect(Object.keys(ELSEWHERE).filter((command) => !found.has(command))).toEqual([]);
  });

  native.test.each(toRun)('$place', ({ commands }) => {
    expect(runCommands(commands)).toEqual({ status: 0, signal: null, stderr: '' });
  });
});

test('every block of the documents is JavaScript, commands, output, or has a suite of its own', () => {
  const others = userDocuments.flatMap((document) =>
    allCodeBlocks(document)
      .filter(({ language }) => !['js', 'sh', 'text'].includes(language))
      .map(({ language }) => `${document} ${language}`),
  );
  expect([...new Set(others)].sort()).toEqual(OTHER_LANGUAGES.map(([document, language]) => `${document} ${language}`));
  for (const [document, , suite] of OTHER_LANGUAGES) expect(textOf(suite)).toContain(document.replace('docs/', ''));
});
