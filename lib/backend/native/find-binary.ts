import fs from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';

const { closeSync, openSync, readFileSync, readSync } = fs; // taken now: a guard replaces them later

const NAME = 'mapdirect';
const HERE = join('dist', 'lib', 'backend', 'native');
const FIRST_PAGE = 4096;

/** Where the addon is; undefined: the package has none; 'bundled': the package is not there itself. */
export type BinaryLocation = { readonly root: string; readonly binary: string | undefined } | 'bundled';

function isNoEntry(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** The content of a file; undefined: there is none. @throws whatever else open(2) and read(2) answer. */
function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isNoEntry(error)) return undefined;
    throw error;
  }
}

function nameIn(json: string): unknown {
  try {
    return (JSON.parse(json) as { name?: unknown } | null)?.name;
  } catch {
    return undefined;
  }
}

/**
 * The package's own folder; undefined: this code runs as a part of a bundle, and what is in the folders around it belongs to somebody else.
 *
 * @throws whatever open(2) answers for package.json, but not ENOENT.
 */
export function packageRoot(): string | undefined {
  // An ES module, which a bundler may have made of this, has no __dirname.
  if (typeof __dirname !== 'string' || !isAbsolute(__dirname) || !__dirname.endsWith(sep + HERE)) return undefined;
  const root = __dirname.slice(0, -(HERE.length + 1));
  const json = contentOf(join(root, 'package.json'));
  return json !== undefined && nameIn(json) === NAME ? root : undefined;
}

/** The C library of this process, by the loader that its program names in its first page. */
function libc(): 'glibc' | 'musl' {
  const page = Buffer.alloc(FIRST_PAGE);
  try {
    const fd = openSync(process.execPath, 'r');
    try {
      readSync(fd, page, 0, FIRST_PAGE, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    return 'glibc'; // It may not be read. A binary for the wrong one does not load, and that is an error of its own.
  }
  return page.includes('/ld-musl-') ? 'musl' : 'glibc';
}

/** It is opened, since a look would not tell that no descriptor is left. @throws whatever open(2) answers, but not ENOENT. */
function isThere(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch (error) {
    if (isNoEntry(error)) return false;
    throw error;
  }
}

/**
 * Looks for the addon: built here, else shipped, as prebuildify names it. Nothing in the environment leads anywhere else, and no other
 * file is ever taken.
 *
 * @throws the error of node:fs when it cannot be told whether there is one.
 */
export function findBinary(): BinaryLocation {
  const root = packageRoot();
  if (root === undefined) return 'bundled';
  const built = join(root, 'build', 'Release', `${NAME}.node`);
  if (isThere(built)) return { root, binary: built };
  const folder = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
  for (const name of [`${NAME}.${libc()}.node`, `${NAME}.node`]) {
    const shipped = join(folder, name);
    if (isThere(shipped)) return { root, binary: shipped };
  }
  return { root, binary: undefined };
}
