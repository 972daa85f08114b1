// The binaries that the package ships (npm run build:prebuilds).
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { native } from '../support/backends.js';
import { dynamicSectionOf } from '../support/elf.js';
import { ADDON, ROOT } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';
import { skipUnless } from '../support/skip.js';
import { objectionsTo } from './floor.js';

const scratch = new Scratch();

const shippedFor = (arch: string): string => join('prebuilds', `linux-${arch}`, 'mapdirect.glibc.node');
const built = (arch: string) =>
  skipUnless(existsSync(join(ROOT, shippedFor(arch))), `no binary for ${arch} is built`, 'npm run build:prebuilds');

describe.each(['x64', 'arm64'])('the binary for %s', (arch) => {
  built(arch).test('runs with glibc 2.28, and needs no library beside it', () => {
    expect(objectionsTo(join(ROOT, shippedFor(arch)))).toEqual([]);
  });

  built(arch).test('has no path of the machine that built it', () => {
    const text = readFileSync(join(ROOT, shippedFor(arch)), 'latin1');
    expect(
      text.match(/\/(?:tmp|home|root|work)\/[\w./-]+|[\w./-]+\/(?:src-native|node_modules)\/[\w./-]+/g),
    ).toBeNull();
  });
});

built(process.arch).test(
  'the binary for this machine does each public call, from a package without another one',
  () => {
    const root = scratch.path('package');
    for (const part of ['dist', 'test/runtimes', 'package.json', shippedFor(process.arch)])
      cpSync(join(ROOT, part), join(root, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'test/runtimes/tour.cjs')], {
      encoding: 'utf8',
      timeout: 150_000,
      killSignal: 'SIGKILL',
    });
    expect({ status, stderr, stdout }).toEqual({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/\d\d+ passed, 0 failed, \d+ skipped\n$/),
    });
  },
);

native.describe('the check of a binary sees', () => {
  const [DT_SONAME, DT_RUNPATH] = [14, 29];

  /** The place of an entry of the dynamic section, which is a table of pairs (elf(5)). */
  function entryOf(bytes: Buffer, tag: number): number {
    const { start, size } = dynamicSectionOf(bytes);
    for (let at = start; at < start + size; at += 16) if (bytes.readBigUInt64LE(at) === BigInt(tag)) return at;
    throw new Error(`there is no entry ${tag}`);
  }

  /** A copy of the binary that was built here, with `from` replaced by `to` in its tables. */
  function changed(from: string, to: string): string {
    const bytes = readFileSync(ADDON);
    const at = bytes.indexOf(`\0${from}\0`) + 1;
    expect(at).toBeGreaterThan(0);
    bytes.write(to, at, 'latin1');
    const path = scratch.path('changed.node');
    writeFileSync(path, bytes);
    return path;
  }

  test('a glibc that is too new', () => {
    expect(objectionsTo(changed('GLIBC_2.28', 'GLIBC_2.29'))).toContain('needs GLIBC_2.29 of libc.so.6');
  });

  test('a version that is none of a release', () => {
    expect(objectionsTo(changed('GLIBC_2.28', 'GLIBC_PRIV'))).toContain('needs GLIBC_PRIV of libc.so.6');
  });

  test('the C++ library, which a build for this machine needs', () => {
    expect(objectionsTo(ADDON)).toContain('needs libstdc++.so.6');
  });

  test('another library', () => {
    expect(objectionsTo(changed('libc.so.6', 'libz.so.1'))).toContain('needs libz.so.1');
  });

  test('a folder for libraries', () => {
    const path = scratch.path('with-runpath.node');
    const bytes = readFileSync(ADDON);
    bytes.writeUInt32LE(DT_RUNPATH, entryOf(bytes, DT_SONAME));
    writeFileSync(path, bytes);
    expect(objectionsTo(path)).toEqual(expect.arrayContaining(['looks for libraries in mapdirect.node']));
  });
});
