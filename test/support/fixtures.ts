import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from '@jest/globals';

export const ROOT = join(__dirname, '..', '..', '..');
const BINARY = join(ROOT, 'build', 'Release', 'mapdirect.node');

export const PAGE = 4096;
export const NODE_MAJOR = Number(process.versions.node.split('.')[0]);

/** As describe(), for what only the addon can do: shows as skipped where it was not built ("npm run build:native" does). */
export const describeNative: typeof describe.skip = existsSync(BINARY) ? describe : describe.skip;

/** A folder of this test file's own, gone after it. */
export const scratch = mkdtempSync(join(tmpdir(), 'mapdirect-process-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Bytes that differ with their position: a wrong offset shows. */
export function watermark(length: number, seed = 0): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = (at + (at >>> 8) * 31 + (at >>> 16) * 57 + seed) & 0xff;
  return bytes;
}

let files = 0;

/** A new file with that content, or with so many bytes of watermark. */
export function file(content: Buffer | number): string {
  const path = join(scratch, `file-${++files}`);
  writeFileSync(path, typeof content === 'number' ? watermark(content) : content);
  return path;
}

let copies = 0;

// As lib/backend/find-binary.ts tells them apart on every system that the tests run on.
const [libc, otherLibc] = existsSync('/etc/alpine-release') ? ['musl', 'glibc'] : ['glibc', 'musl'];

/** A copy of the package elsewhere, with its addon in build/, in prebuilds/ (for this C library or for another), as garbage in build/, or without one. */
export function copyPackage(addon: 'build' | 'prebuilds' | 'other-libc' | 'garbage' | 'none'): string {
  const root = join(scratch, `package-${++copies}`);
  mkdirSync(join(root, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'dist', 'lib'), join(root, 'dist', 'lib'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  cpSync(join(ROOT, 'scripts', 'install.js'), join(root, 'scripts', 'install.js'));
  if (addon === 'none') return root;
  const isPrebuilt = addon === 'prebuilds' || addon === 'other-libc';
  const folder = isPrebuilt ? join(root, 'prebuilds', `linux-${process.arch}`) : join(root, 'build', 'Release');
  const name = isPrebuilt ? `mapdirect.${addon === 'prebuilds' ? libc : otherLibc}.node` : 'mapdirect.node';
  mkdirSync(folder, { recursive: true });
  if (addon === 'garbage') writeFileSync(join(folder, name), watermark(1000));
  else cpSync(BINARY, join(folder, name));
  return root;
}
