// trace: 'exact'. Its programs are children: a fault of the tracer ends the process.
import { describe, expect, test } from '@jest/globals';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { native } from '../support/backends.js';
import { exact } from '../support/exact.js';
import { copyPackage } from '../support/package-copy.js';
import { ADDON, ROOT } from '../support/paths.js';
import { expectDone, runChild, type ChildOptions } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import type { Tier } from './steps.js';

const SEED = process.env['MAPDIRECT_TEST_SEED'] ?? '20261128';
const scratch = new Scratch();

exact.describe('an exact trace', () => {
  test('has 200,000 of 200,000 stores, in order', async () => {
    expectDone(await runChild('exact-trace', ['order', '200000']));
  });

  test('done again gives the memory, for 1,000 random programs', async () => {
    expectDone(await runChild('exact-trace', ['replay', '1000', SEED]));
  });

  test.each<Tier>([
    { granularity: 'byte' },
    { granularity: 'cache-line' },
    { granularity: 'cache-line', lines: 'ordered' },
    { granularity: 'page' },
    { granularity: 'emulated' },
  ])('of %j has the images of the model, for 400 random traces', async (tier) => {
    const exactly = JSON.stringify({ ...tier, trace: 'exact' });
    expectDone(await runChild('exact-trace', ['legal', '400', SEED, exactly]));
  });

  test('has no image that a diff with each mixture of bytes has not, for 100 programs without overwrites', async () => {
    expectDone(await runChild('exact-trace', ['contained', '100', SEED]));
  });

  test.each(['report', 'prefixes', 'streamed', 'long'])('%s', async (program) => {
    expectDone(await runChild('exact-checks', [program]));
  });
});

exact.describe('while stores are traced', () => {
  test.each([
    ['wasm', 'an access outside a WebAssembly memory is an error'],
    ['others', 'the kernel stores nothing, and threads of the runtime are seen'],
    ['untraced', 'a mapping of another kind is compared'],
    ['pages', 'resize(), lock(), populate(), remap() and close() work'],
    ['worker', 'a worker that ends leaves nothing behind'],
    ['tooMany', 'too many simulators are refused'],
  ])('%s: %s', async (program) => {
    expectDone(await runChild('exact-process', [program]));
  });

  test.each(['stray', 'sent'])('another SIGSEGV ends the process (%s)', async (program) => {
    expect(await runChild('exact-process', [program])).toMatchObject({ signal: 'SIGSEGV', stdout: '' });
  });
});

describe('where nothing can be traced, EOPNOTSUPP has the reason and the remedy', () => {
  async function refusal(root: string, options?: ChildOptions): Promise<{ code?: string; message: string }> {
    const { stdout, stderr } = await runChild('exact-refused', [root], options);
    expect(stderr).toBe('');
    return JSON.parse(stdout) as { code?: string; message: string };
  }

  exact.test('no binary of the tracer', async () => {
    const root = copyPackage(scratch, 'build');
    const { code, message } = await refusal(root);
    expect(code).toBe('EOPNOTSUPP');
    expect(message).toContain('"npm rebuild mapdirect --build-from-source"');
    expect(message).toContain(`"npx node-gyp rebuild" in ${root}.`);
    expect(message).toContain("trace: 'diff'");
  });

  exact.test('a binary that does not load', async () => {
    const root = copyPackage(scratch, 'build');
    writeFileSync(join(root, 'build', 'Release', 'mapdirect_trace.node'), 'no addon');
    expect(await refusal(root)).toMatchObject({
      code: 'EOPNOTSUPP',
      message: expect.stringContaining('does not load'),
    });
  });

  exact.test('the binary there is one that this message misses', async () => {
    const root = copyPackage(scratch, 'build');
    const name = 'mapdirect_trace.node';
    cpSync(join(dirname(ADDON), name), join(root, 'build', 'Release', name));
    expect(await refusal(root)).toEqual({ message: 'no error' });
  });

  native.test('the emulation', async () => {
    const { code, message } = await refusal(ROOT, { env: { MAPDIRECT_BACKEND: 'emulated' } });
    expect(code).toBe('EOPNOTSUPP');
    expect(message).toContain(process.arch === 'x64' ? 'MAPDIRECT_BACKEND' : 'x86_64');
  });
});

exact.test('only the simulator names the binary', () => {
  const index = readFileSync(join(ROOT, 'dist', 'lib', 'index.js'), 'utf8');
  expect(index).not.toContain('testing');
  expect(readFileSync(join(ROOT, 'dist', 'lib', 'testing', 'tracer.js'), 'utf8')).toContain('mapdirect_trace.node');
});
