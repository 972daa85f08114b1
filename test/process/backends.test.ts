import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runChild } from '../support/run-child.js';
import { type AddonCopy, copyPackage } from '../support/package-copy.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { linux } from '../support/skip.js';

const scratch = new Scratch();

interface Answer {
  readonly backend?: string;
  readonly error?: { readonly code?: string; readonly message: string; readonly cause: boolean };
  readonly warnings: readonly string[];
}

async function ask(addon: AddonCopy, backend: string[] = [], env: Record<string, string> = {}): Promise<Answer> {
  const outcome = await runChild('which-backend', [copyPackage(scratch, addon), scratch.file(65536), ...backend], {
    env,
  });
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
  test.each([[[]], [['native']]])(
    'is thrown, not hidden: ERR_BACKEND_UNAVAILABLE with the cause %j',
    async (backend) => {
      const { backend: used, error, warnings } = await ask('garbage', backend);
      expect(used).toBeUndefined();
      expect(error).toMatchObject({ code: 'ERR_BACKEND_UNAVAILABLE', cause: true });
      expect(error?.message).toContain('mapdirect.node');
      expect(warnings).toEqual([]);
    },
  );

  test('is not loaded if the emulation is asked for', async () => {
    expect(await ask('garbage', [], { MAPDIRECT_BACKEND: 'emulated' })).toEqual({ backend: 'emulated', warnings: [] });
  });
});

linux.describe('the install step, where nothing can be built', () => {
  /** The output of the script without node-gyp. */
  function install(root: string, env: Record<string, string> = {}): string {
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'scripts', 'install.js')], {
      encoding: 'utf8',
      env: { PATH: '', ...env },
    });
    expect(status).toBe(0);
    return stdout;
  }

  /** As a package manager puts it: without the tools of this repository. */
  function installed(): string {
    const root = copyPackage(scratch, 'none');
    unlinkSync(join(root, 'node_modules'));
    const place = join(scratch.dir, `project-${basename(root)}`, 'node_modules', 'mapdirect');
    mkdirSync(dirname(place), { recursive: true });
    renameSync(root, place);
    return place;
  }

  test('and there is no binary: the emulation serves', () => {
    expect(install(copyPackage(scratch, 'none'))).toContain('The emulation serves until it is');
  });

  test('and the binary does not load: it says that map() will throw, and that the emulation still works', () => {
    const root = copyPackage(scratch, 'none');
    const shipped = join(root, 'prebuilds', `linux-${process.arch}`);
    mkdirSync(shipped, { recursive: true });
    writeFileSync(join(shipped, 'mapdirect.node'), 'garbage');
    const said = install(root);
    expect(said).toContain('map() throws ERR_BACKEND_UNAVAILABLE');
    expect(said).toContain('MAPDIRECT_BACKEND=emulated');
    expect(said).not.toContain('emulation serves');
  });

  native.test('and a binary loads: it compiles nothing, and says nothing', () => {
    for (const addon of ['build', 'prebuilds'] as const) expect(install(copyPackage(scratch, addon))).toBe('');
  });

  test('it says before it compiles that it does, and afterwards why that failed', () => {
    const said = install(copyPackage(scratch, 'none'));
    expect(said).toMatch(/^mapdirect: compiling the native addon/);
    expect(said).toContain('node-gyp ended with exit code 1');
  });

  test.each([
    ['npm/11.0.0 node/v24.0.0', 'npm rebuild mapdirect --ignore-scripts=false'],
    ['npm/12.0.0 node/v24.0.0', 'npm install-scripts approve mapdirect'],
    ['pnpm/10.0.0 npm/? node/v24.0.0', 'pnpm approve-builds'],
    ['yarn/4.0.0 npm/? node/v24.0.0', 'yarn rebuild'],
    ['bun/1.2.0 npm/? node/v24.0.0', 'bun pm trust mapdirect'],
  ])('installed by %s the remedy is %s', (agent, remedy) => {
    const root = installed();
    const said = install(root, { npm_config_user_agent: agent });
    expect(said).toContain(remedy);
    expect(said).toContain(`node ${join(root, 'scripts', 'install.js')}`);
  });
});

native.describe('a package with an addon', () => {
  test('for another C library has none: it is emulated, and says so', async () => {
    expect(await ask('other-libc')).toEqual({ backend: 'emulated', warnings: ['MAPDIRECT_EMULATED'] });
  });

  test.each(['build', 'prebuilds'] as const)('only in %s loads it, with no script run', async (where) => {
    expect(await ask(where, ['native'])).toEqual({ backend: 'native', warnings: [] });
    expect(await ask(where)).toEqual({ backend: 'native', warnings: [] });
  });
});
