import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { copyPackage, describeNative, file } from './fixtures.js';
import { runChild } from './run-child.js';

interface Answer {
  readonly backend?: string;
  readonly error?: { readonly code?: string; readonly message: string; readonly cause: boolean };
  readonly warnings: readonly string[];
}

async function ask(addon: Parameters<typeof copyPackage>[0], backend: string[] = [], env: Record<string, string> = {}): Promise<Answer> {
  const outcome = await runChild('which-backend', [copyPackage(addon), file(65536), ...backend], { env });
  expect(outcome).toMatchObject({ code: 0, signal: null });
  return JSON.parse(outcome.stdout) as Answer;
}

describe('a package without its addon', () => {
  test('works, emulated, and says so in one process warning', async () => {
    expect(await ask('none')).toEqual({ backend: 'emulated', warnings: ['MAPDIRECT_EMULATED'] });
  });

  test('asked for the emulation it does not warn', async () => {
    expect(await ask('none', ['emulated'])).toEqual({ backend: 'emulated', warnings: [] });
  });

  test("backend: 'native' is ERR_BACKEND_UNAVAILABLE with the cause", async () => {
    const { error, warnings } = await ask('none', ['native']);
    expect(error).toMatchObject({ code: 'ERR_BACKEND_UNAVAILABLE', cause: true });
    expect(warnings).toEqual([]);
  });
});

describe('an addon that is there and broken', () => {
  test.each([[[]], [['native']]])('is thrown, not hidden: ERR_BACKEND_UNAVAILABLE with the cause %j', async (backend) => {
    const { backend: used, error, warnings } = await ask('garbage', backend);
    expect(used).toBeUndefined();
    expect(error).toMatchObject({ code: 'ERR_BACKEND_UNAVAILABLE', cause: true });
    expect(error?.message).toContain('mapdirect.node');
    expect(warnings).toEqual([]);
  });

  test('does not stand in the way of who asks for the emulation', async () => {
    expect(await ask('garbage', [], { MAPDIRECT_BACKEND: 'emulated' })).toEqual({ backend: 'emulated', warnings: [] });
  });
});

const linux = process.platform === 'linux' ? describe : describe.skip;

linux('the install step, where nothing can be built', () => {
  /** What it says where there is no node-gyp. */
  function install(addon: Parameters<typeof copyPackage>[0]): string {
    const root = copyPackage(addon);
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'scripts', 'install.js')], { encoding: 'utf8', env: { PATH: '' } });
    expect(status).toBe(0);
    return stdout;
  }

  test('and there is no binary: the emulation serves', () => {
    expect(install('none')).toContain('the emulation serves until it is');
  });

  test('and the binary does not load: it says that map() will throw, and what goes on without', () => {
    const said = install('garbage');
    expect(said).toContain('map() throws ERR_BACKEND_UNAVAILABLE');
    expect(said).toContain('MAPDIRECT_BACKEND=emulated');
    expect(said).not.toContain('emulation serves');
  });
});

describeNative('a package with an addon', () => {
  test('for another C library has none: it is emulated, and says so', async () => {
    expect(await ask('other-libc')).toEqual({ backend: 'emulated', warnings: ['MAPDIRECT_EMULATED'] });
  });

  test.each(['build', 'prebuilds'] as const)('only in %s loads it, with no script run', async (where) => {
    expect(await ask(where, ['native'])).toEqual({ backend: 'native', warnings: [] });
    expect(await ask(where)).toEqual({ backend: 'native', warnings: [] });
  });
});
