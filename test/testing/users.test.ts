// The simulator in the hands of its users: examples of the package, and tests of node:test and jest.
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { native } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { codeBlocks } from '../support/code-blocks.js';
import { DIST, ROOT } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();
const ENTRY = pathToFileURL(join(DIST, 'lib', 'testing', 'index.mjs')).href;

/** A line of a workload. */
const SHOW_BACKEND = "console.log('backend', mapping.durability.backend);";

/** In a child: the example is an ES module, and jest has no dynamic import. */
function run(
  args: readonly string[],
  cwd = ROOT,
  variables: NodeJS.ProcessEnv = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { encoding: 'utf8', cwd, env: { ...cleanEnvironment(), ...variables } });
}

native.test('examples/durable-queue recovers from every content that a crash may leave', () => {
  const path = scratch.file(Buffer.alloc(12288)); // the lock needs a file
  const { stdout, stderr } = run([
    '--input-type=module',
    '--eval',
    `
    import { CrashSimulator } from 'mapdirect/testing';
    import { Queue } from './examples/durable-queue/queue.mjs';
    for (const granularity of ['byte', 'cache-line', 'page']) {
      const simulator = new CrashSimulator({ path: ${JSON.stringify(path)}, granularity });
      const queue = new Queue(${JSON.stringify(path)});
      const steps = [['push', 'one'], ['push', 'two'], ['drop'], ['push', 'three'], ['drop']];
      const states = [''];
      const model = [];
      for (const [call, text] of steps) {
        if (call === 'push') model.push(text);
        else model.shift();
        states.push(model.join());
      }
      for (const [call, text] of steps) {
        if (call === 'push') queue.push(Buffer.from(text));
        else queue.drop();
        simulator.ack(call);
      }
      queue.close();
      const recover = () => {
        const recovered = new Queue(${JSON.stringify(path)});
        try {
          return [...recovered].map(String).join();
        } finally {
          recovered.close();
        }
      };
      // The state after the last acknowledged call, or after the one that the crash interrupted.
      const report = await simulator.check(recover, (state, acks) => states.slice(acks.length, acks.length + 2).includes(state));
      console.log(granularity, report.exhaustive, report.failures.length === 0 ? 'right' : report.toString());
      simulator.close();
    }`,
  ]);
  expect({ stdout, stderr }).toEqual({
    stdout: 'byte true right\ncache-line true right\npage true right\n',
    stderr: '',
  });
});

test('the first test of docs/testing.md fails in node:test, and the second one passes', () => {
  const blocks = codeBlocks('docs/testing.md', 'js').slice(0, 2);
  const outcomes = blocks.map(({ code }, index) => {
    const [imports, body = ''] = code.replace("'mapdirect/testing'", `'${ENTRY}'`).split(';\n\n', 2);
    const rest = code.slice(code.indexOf(';\n\n') + 3);
    expect(body).not.toBe('');
    // Without its catch the first one is a test as a user writes it.
    const text = rest.replace(/^try \{$/m, '{').replace(/^\} catch \(error\) \{\n.*\n\}$/m, '}');
    const file = scratch.file(
      Buffer.from(`import { test } from 'node:test';\n${imports};\ntest('recovery', async () => {\n${text}\n});\n`),
      `${index}.test.mjs`,
    );
    const { status, stdout } = run(['--test', '--test-reporter=tap', file]);
    return { status, named: stdout.includes("granularity 'cache-line': 2 images at 1 crash points") };
  });
  expect(outcomes).toEqual([
    { status: 1, named: true },
    { status: 0, named: false },
  ]);
});

describe('the test of docs/testing.md passes, and fails for a store that is not durable', () => {
  const blocks = codeBlocks('docs/testing.md', 'js');
  const inNode = blocks.find(({ code }) => code.includes("'node:test'"))?.code ?? '';
  const inJest = blocks.find(({ note }) => note.includes('jest'))?.code ?? '';
  const durable = 'mapping.persistWord(0, count);';
  const fault = 'mapping.view(0, 1)[0] = count;';

  /** A folder with the package, as an install makes it. */
  function folderWith(name: string, code: string): string {
    const folder = mkdtempSync(join(scratch.dir, 'user-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules', 'mapdirect'));
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    writeFileSync(join(folder, name), code);
    return folder;
  }
  const message = "granularity 'byte': 3 images at 2 crash points: the invariant refuses the recovered state";

  test('in node:test', () => {
    const outcomes = [inNode, inNode.replace(durable, fault)].map((code) => {
      const folder = folderWith('count.test.mjs', code);
      const { status, stdout } = run(['--test', '--test-reporter=tap', join(folder, 'count.test.mjs')]);
      return { status, counted: /^# pass 1$/m.test(stdout), named: stdout.includes(message) };
    });
    expect(outcomes).toEqual([
      { status: 0, counted: true, named: false },
      { status: 1, counted: false, named: true },
    ]);
  });

  test('unchanged over a real mapping, where only a wrong recovery fails', () => {
    const wrong = inNode.replace('recover: (mapping) =>', 'recover: (mapping) => -1 +');
    expect(wrong).not.toBe(inNode);
    const outcomes = [inNode, inNode.replace(durable, fault), wrong].map((code) => {
      const folder = folderWith('count.test.mjs', code.replace('workload(mapping, ack) {', `$& ${SHOW_BACKEND}`));
      const args = ['--test', '--test-reporter=tap', join(folder, 'count.test.mjs')];
      const { status, stdout } = run(args, ROOT, { MAPDIRECT_CRASHES: 'off' });
      expect(stdout).toMatch(/backend (native|emulated)/); // not 'simulated'
      return { status, named: stdout.includes('on a real mapping, without a crash: the invariant returned false') };
    });
    expect(outcomes).toEqual([
      { status: 0, named: false },
      { status: 0, named: false },
      { status: 1, named: true },
    ]);
  });

  test('in jest', () => {
    const jest = join(dirname(require.resolve('jest/package.json')), 'bin', 'jest.js');
    const outcomes = [inJest, inJest.replace(durable, fault)].map((code) => {
      const folder = folderWith('count.test.js', code);
      const { status, stderr } = run([jest, '--no-cache', '--watchman=false', '--ci'], folder);
      return { status, counted: /^Tests: +1 passed/m.test(stderr), named: stderr.includes(message) };
    });
    expect(outcomes).toEqual([
      { status: 0, counted: true, named: false },
      { status: 1, counted: false, named: true },
    ]);
  });
});
