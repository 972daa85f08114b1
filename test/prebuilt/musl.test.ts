// The native sources over the headers of musl, by the compiler and the libstdc++ of this machine. Nothing is linked,
// and nothing runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { nodeHeaders } from '../support/node-headers.js';
import { ROOT, TEST_SOURCES } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';
import { skipUnless } from '../support/skip.js';

const MUSL = '/usr/include/x86_64-linux-musl'; // of Debian's musl-dev
const STATX = 'file/status.cc';
const compiler = process.env['CXX'] ?? 'c++';
const scratch = new Scratch();
const ask = (...args: readonly string[]): string =>
  spawnSync(compiler, args, { encoding: 'utf8' }).stdout?.trim() ?? '';

const headers = nodeHeaders();
const needs = skipUnless(process.arch === 'x64', 'the headers of musl are for x86_64', 'run the test there')
  .andUnless(existsSync(MUSL), `no ${MUSL}`, 'apt-get install musl-tools')
  .andUnless(ask('-dumpversion') !== '', 'no C++ compiler', 'apt-get install g++')
  .andUnless(headers !== undefined, 'no headers of node', 'npm run build:native');
const hasStatx = existsSync(MUSL) && readFileSync(join(MUSL, 'sys', 'stat.h'), 'utf8').includes('struct statx');

/** The headers of the kernel, without the ones of glibc beside them. */
function kernelHeaders(): string {
  const folder = scratch.path('kernel');
  mkdirSync(folder);
  for (const part of ['linux', 'asm-generic']) symlinkSync(join('/usr/include', part), join(folder, part));
  symlinkSync('/usr/include/x86_64-linux-gnu/asm', join(folder, 'asm'));
  return folder;
}

function flags(): string[] {
  const major = ask('-dumpversion').split('.')[0] ?? '';
  const system = [
    join(TEST_SOURCES, 'prebuilt', 'musl'),
    `/usr/include/c++/${major}`,
    `/usr/include/x86_64-linux-gnu/c++/${major}`,
    MUSL,
    dirname(ask('-print-file-name=include/stddef.h')),
    kernelHeaders(),
    headers ?? '',
    dirname(require.resolve('node-addon-api/package.json')),
  ];
  const napi = ['VERSION=8', 'DISABLE_CPP_EXCEPTIONS'].map((each) => `-DNAPI_${each}`);
  const addon = ['DISABLE_DEPRECATED', 'ENABLE_MAYBE'].map((each) => `-DNODE_ADDON_API_${each}`);
  return [
    ...['-std=c++17', '-fno-exceptions', '-fno-rtti', '-Wall', '-Wextra', '-Werror'],
    ...['-nostdinc', '-nostdinc++', '-D__locale_t=locale_t', '-D_GNU_SOURCE', '-D_FILE_OFFSET_BITS=64'],
    ...napi,
    ...addon,
    ...system.flatMap((folder) => ['-isystem', folder]),
    `-I${join(ROOT, 'src-native')}`,
  ];
}

// prebuilt/ belongs to the binaries for glibc.
const sources = readdirSync(join(ROOT, 'src-native'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.cc') && !/^prebuilt|aarch64/.test(name))
  .sort();

/** The flags, and node-addon-api parsed once for all sources: it takes most of the time of each. */
function flagsWithParsedHeader(): string[] {
  const all = flags();
  const header = scratch.path('parsed.h');
  writeFileSync(header, '#include <napi.h>\n');
  const { stderr } = spawnSync(compiler, [...all, '-x', 'c++-header', header, '-o', `${header}.gch`], {
    encoding: 'utf8',
  });
  if (stderr !== '') throw new Error(`napi.h: ${stderr}`);
  return [...all, '-fsyntax-only', '-Winvalid-pch', '-include', header];
}

needs.suite('over the headers of musl', () => {
  const all = flagsWithParsedHeader();
  const compile = (name: string): string =>
    spawnSync(compiler, [...all, join(ROOT, 'src-native', name)], { encoding: 'utf8' }).stderr;

  test('there are sources', () => expect(sources.length).toBeGreaterThan(60));

  test.each(sources.filter((name) => name !== STATX))('%s', (name) => expect(compile(name)).toBe(''));

  skipUnless(hasStatx, 'this musl has no statx(2)', 'take musl 1.2.4').test(STATX, () =>
    expect(compile(STATX)).toBe(''),
  );

  test('a function that only glibc has is an error', () => {
    const { stderr } = spawnSync(compiler, [...all, '-x', 'c++', '-'], {
      encoding: 'utf8',
      input: '#include <dlfcn.h>\nvoid* found = ::dlvsym(nullptr, "", "");\n',
    });
    expect(stderr).toContain('dlvsym');
  });
});
