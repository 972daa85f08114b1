import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Loading } from './children/load.js';
import { runChild, type ChildOptions } from '../support/run-child.js';
import { CHILDREN } from '../support/paths.js';
import { writeBroken, writeForMusl, type Fault } from '../support/broken-binary.js';
import { copyPackage } from '../support/package-copy.js';
import { native } from '../support/backends.js';
import { NODE_MAJOR, root, skipFor } from '../support/skip.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

const FEW_DESCRIPTORS = ['sh', '-c', 'ulimit -n 40; exec "$@"', 'sh'];
const PERMISSION = NODE_MAJOR < 23 ? '--experimental-permission' : '--permission';
const asRoot = root('becoming another user');

async function load(root: string, hindrance: string, argument = '', options: ChildOptions = {}): Promise<Loading> {
  const outcome = await runChild(
    'load',
    [root, scratch.file(4096), hindrance, ...(argument === '' ? [] : [argument])],
    options,
  );
  expect(outcome).toMatchObject({ code: 0, signal: null });
  return JSON.parse(outcome.stdout) as Loading;
}

beforeAll(() => chmodSync(scratch.dir, 0o755)); // for another user

native.describe('only "there is no binary" is a reason for the emulation', () => {
  test.each([0, 1, 2, 3])(
    '%i descriptors left at the first map(): EMFILE or native, and native when there are some',
    async (left) => {
      const { attempts, warnings } = await load(copyPackage(scratch, 'build'), 'descriptors', String(left), {
        through: FEW_DESCRIPTORS,
      });
      const [first, second] = attempts;
      if (left === 0) expect(first).toMatchObject({ code: 'EMFILE' });
      else expect(['EMFILE', 'native']).toContain('code' in first! ? first.code : first?.backend);
      expect(second).toEqual({ backend: 'native' });
      expect(warnings).toEqual([]);
    },
  );

  asRoot.test.each(['build', 'prebuilds'] as const)(
    '%s that this user may not read is an error that names it',
    async (where) => {
      const root = copyPackage(scratch, where);
      chmodSync(join(root, where), 0o700);
      const { attempts, warnings } = await load(root, 'nobody');
      expect(attempts).toMatchObject([{ code: 'ERR_BACKEND_UNAVAILABLE', cause: 'EACCES' }]);
      expect(attempts[0]).toHaveProperty('message', expect.stringContaining(join(root, where)));
      expect(warnings).toEqual([]);
    },
  );

  test('a file where a folder should be is an error', async () => {
    const root = copyPackage(scratch, 'none');
    writeFileSync(join(root, 'build'), '');
    expect((await load(root, 'plain')).attempts).toMatchObject([{ code: 'ERR_BACKEND_UNAVAILABLE', cause: 'ENOTDIR' }]);
  });
});

describe('nothing but the addon of the package itself is ever loaded', () => {
  function garbage(folder: string, name: string): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), 'no addon: to load it is an error');
  }

  test.each(['MAPDIRECT_PREBUILD', 'PREBUILDS_ONLY', 'LIBC'])('%s in the environment leads nowhere', async (name) => {
    const elsewhere = join(scratch.dir, 'elsewhere');
    garbage(join(elsewhere, 'build', 'Release'), 'mapdirect.node');
    const { attempts } = await load(copyPackage(scratch, 'none'), 'plain', '', { env: { [name]: elsewhere } });
    expect(attempts).toEqual([{ backend: 'emulated' }]);
  });

  test.each(['build/Release', 'build/Debug', `prebuilds/linux-${process.arch}`])(
    'another file in %s is left alone',
    async (folder) => {
      const root = copyPackage(scratch, 'none');
      garbage(join(root, folder), 'foreign.node');
      expect((await load(root, 'plain')).attempts).toEqual([{ backend: 'emulated' }]);
    },
  );

  test('compiled into another package, it leaves the files of that one alone, and says that it is a part of it', async () => {
    const root = copyPackage(scratch, 'none');
    writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'application', main: 'dist/lib/index.js' }));
    garbage(join(root, 'build', 'Release'), 'mapdirect.node');
    const { attempts, warnings } = await load(root, 'plain');
    expect(attempts).toEqual([{ backend: 'emulated' }]);
    expect(warnings).toEqual([expect.stringContaining('--external:mapdirect')]);
  });

  test('moved to another folder of a bundle, likewise', async () => {
    const root = copyPackage(scratch, 'garbage');
    renameSync(join(root, 'dist', 'lib'), join(root, 'dist', 'chunks'));
    const { attempts, warnings } = await load(join(root, 'dist', 'chunks', 'index.js'), 'plain');
    expect(attempts).toEqual([{ backend: 'emulated' }]);
    expect(warnings).toEqual([expect.stringContaining('part of a bundle')]);
  });
});

native.describe('a process that may not load addons', () => {
  const root = (): string => copyPackage(scratch, 'build');

  test('runs on the emulation, and the warning names the switch', async () => {
    const { attempts, warnings } = await load(root(), 'plain', '', { nodeArgs: ['--no-addons'] });
    expect(attempts).toEqual([{ backend: 'emulated' }]);
    expect(warnings).toEqual([expect.stringContaining('--no-addons')]);
  });

  test("with backend: 'native' gets ERR_BACKEND_UNAVAILABLE, and no advice to build", async () => {
    const { attempts } = await load(root(), 'plain', 'native', { nodeArgs: ['--no-addons'] });
    expect(attempts).toMatchObject([
      { code: 'ERR_BACKEND_UNAVAILABLE', message: expect.stringContaining('--allow-addons') },
    ]);
    expect(attempts[0]).toHaveProperty('message', expect.not.stringContaining('compiler'));
  });

  test('under the permission model imports the package, and maps what it may read', async () => {
    const copy = root();
    const allowed = [scratch.dir, CHILDREN].map((path) => `--allow-fs-read=${path}/*`);
    const { attempts, warnings } = await load(copy, 'plain', '', { nodeArgs: [PERMISSION, ...allowed] });
    expect(attempts).toEqual([{ backend: 'emulated' }]);
    expect(warnings).toEqual([expect.stringContaining('--allow-addons')]);
  });
});

native.describe('a binary that does not load', () => {
  const GLIBC = /It was made for a newer C or C\+\+ library than the one that is here.*GLIBC_2\.99/;
  const faults: ReadonlyArray<readonly [Fault, RegExp]> = [
    ['empty', /It is empty\. Install the package again/],
    ['text', /It is damaged: this is no ELF file\. Install the package again/],
    ['cut in its header', /It is damaged: it has 32 bytes of \d+\. Install the package again/],
    ['cut in the middle', /It is damaged: it has \d+ bytes of \d+\. Install the package again/],
    ['cut at its end', /It is damaged: it has \d+ bytes of \d+\. Install the package again/],
    ['for another CPU', /It was made for machine 243, and this process is \w+\. Install the package again/],
    ['for a newer glibc', GLIBC],
    ['of an older version', /It was built from the sources of an older version: build it again.*has no makeCounts\(\)/],
  ];

  test.each(faults)('%s: the error says so, and names the install step and the file', async (fault, sentence) => {
    const root = copyPackage(scratch, 'build');
    const binary = join(root, 'build', 'Release', 'mapdirect.node');
    writeBroken(binary, fault);
    const { attempts, warnings } = await load(root, 'plain');
    expect(attempts).toMatchObject([{ code: 'ERR_BACKEND_UNAVAILABLE', message: expect.stringMatching(sentence) }]);
    for (const part of [binary, `node ${join(root, 'scripts', 'install.js')}`, 'MAPDIRECT_BACKEND=emulated'])
      expect(attempts[0]).toHaveProperty('message', expect.stringContaining(part));
    expect(warnings).toEqual([]);
  });

  test.each(['for another CPU', 'for a newer glibc'] as const)(
    '%s, and hides the shipped one: removing its folder helps, as the error says',
    async (fault) => {
      const root = copyPackage(scratch, 'prebuilds');
      const folder = join(root, 'build', 'Release');
      mkdirSync(folder, { recursive: true });
      writeBroken(join(folder, 'mapdirect.node'), fault);
      const { attempts } = await load(root, 'plain');
      expect(attempts[0]).toHaveProperty('message', expect.stringContaining(`Remove the folder ${folder}: `));
      rmSync(folder, { recursive: true });
      expect((await load(root, 'plain')).attempts).toEqual([{ backend: 'native' }]);
    },
  );

  const forMusl = scratch.path('for-musl.node');
  skipFor(writeForMusl(forMusl, scratch.dir)).test('made for another C library: the error says so', async () => {
    const root = copyPackage(scratch, 'build');
    cpSync(forMusl, join(root, 'build', 'Release', 'mapdirect.node'));
    const { attempts } = await load(root, 'plain');
    const message = expect.stringMatching(/It was made for another C library: build it here\. .*libc\.musl/);
    expect(attempts).toMatchObject([{ code: 'ERR_BACKEND_UNAVAILABLE', cause: 'ERR_DLOPEN_FAILED', message }]);
  });

  asRoot.test('because its file system is mounted noexec: it says so, and gives no advice to build', async () => {
    const root = copyPackage(scratch, 'build');
    const noexec = [
      'unshare',
      '-m',
      'sh',
      '-c',
      'mount --bind "$0" "$0" && mount -o remount,bind,noexec "$0" && exec "$@"',
      root,
    ];
    const { attempts } = await load(root, 'plain', '', { through: noexec });
    expect(attempts).toMatchObject([
      { code: 'ERR_BACKEND_UNAVAILABLE', message: expect.stringContaining('mounted noexec') },
    ]);
    expect(attempts[0]).toHaveProperty('message', expect.not.stringContaining('compiler'));
  });

  test('is tried again at the next call: a binary that was repaired loads', async () => {
    const { attempts } = await load(
      copyPackage(scratch, 'garbage'),
      'mended',
      join(copyPackage(scratch, 'build'), 'build'),
    );
    expect(attempts).toMatchObject([{ code: 'ERR_BACKEND_UNAVAILABLE' }, { backend: 'native' }]);
  });
});
