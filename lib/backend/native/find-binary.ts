import fs from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';

const { closeSync, openSync, readFileSync, readSync } = fs; // captured now: a guard replaces them later

const NAME = 'mapdirect';
const HERE = join('dist', 'lib', 'backend', 'native');
const FIRST_PAGE = 4096;

/** The path of the addon, in the folder of the package. */
export interface FoundBinary {
  readonly root: string;
  readonly binary: string;
}

/** The addon; the package has none; 'bundled': a bundle has no package folder. */
export type BinaryLocation = FoundBinary | { readonly root: string } | 'bundled';

function isNoEntry(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** The content of a file; undefined: it does not exist. @throws every other error of open(2) and read(2). */
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
 * The folder of the package. undefined: this code is part of a bundle, and the folders around it belong to another
 * package.
 *
 * @throws every error of open(2) for package.json but ENOENT.
 */
export function packageRoot(): string | undefined {
  // An ES module, which a bundler may have made of this, has no __dirname.
  if (typeof __dirname !== 'string' || !isAbsolute(__dirname) || !__dirname.endsWith(sep + HERE)) return undefined;
  const root = __dirname.slice(0, -(HERE.length + 1));
  const json = contentOf(join(root, 'package.json'));
  return json !== undefined && nameIn(json) === NAME ? root : undefined;
}

/** The C library of this process, by the name of the loader in the first page of its program. */
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
    return 'glibc'; // The program cannot be read. A binary for the wrong library does not load, which is an error of its own.
  }
  return page.includes('/ld-musl-') ? 'musl' : 'glibc';
}

/** Opens the file: a stat(2) would not show that no descriptor is left. @throws every error of open(2) but ENOENT. */
function isThere(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch (error) {
    if (isNoEntry(error)) return false;
    throw error;
  }
}

/** The path of the shipped binary that fits, if the package has it. @throws every error of open(2) but ENOENT. */
export function shippedIn(root: string): string | undefined {
  const folder = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
  return [`${NAME}.${libc()}.node`, `${NAME}.node`].map((name) => join(folder, name)).find(isThere);
}

/**
 * Finds the addon: the one built here, else the shipped one, named as prebuildify names it. No environment variable
 * changes the path, and no other file is loaded.
 *
 * @throws the error of node:fs if the search itself fails.
 */
export function findBinary(): BinaryLocation {
  const root = packageRoot();
  if (root === undefined) return 'bundled';
  const built = join(root, 'build', 'Release', `${NAME}.node`);
  if (isThere(built)) return { root, binary: built };
  const shipped = shippedIn(root);
  return shipped === undefined ? { root } : { root, binary: shipped };
}
