import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDON, DIST, ROOT } from './paths.js';
import type { Scratch } from './scratch.js';
import { watermark } from './watermark.js';

// The C library, found as in lib/backend/native/find-binary.ts for all systems that the tests run on.
const [libc, otherLibc] = existsSync('/etc/alpine-release') ? ['musl', 'glibc'] : ['glibc', 'musl'];

/**
 * The place of the addon in a copy: in prebuilds/ for this C library or another one; in build/, as it is or as garbage.
 */
export type AddonCopy = 'build' | 'prebuilds' | 'other-libc' | 'garbage' | 'none';

/** Makes a copy of the package in a folder of `scratch`. @returns the folder. */
export function copyPackage(scratch: Scratch, addon: AddonCopy): string {
  const root = scratch.path('package');
  mkdirSync(join(root, 'dist'), { recursive: true });
  cpSync(join(DIST, 'lib'), join(root, 'dist', 'lib'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  cpSync(join(ROOT, 'scripts', 'install.js'), join(root, 'scripts', 'install.js'));
  if (addon === 'none') return root;
  const isPrebuilt = addon === 'prebuilds' || addon === 'other-libc';
  const folder = isPrebuilt ? join(root, 'prebuilds', `linux-${process.arch}`) : join(root, 'build', 'Release');
  const name = isPrebuilt ? `mapdirect.${addon === 'prebuilds' ? libc : otherLibc}.node` : 'mapdirect.node';
  mkdirSync(folder, { recursive: true });
  if (addon === 'garbage') writeFileSync(join(folder, name), watermark(0, 1000));
  else cpSync(ADDON, join(folder, name));
  return root;
}
