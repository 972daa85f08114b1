import { readElf, type NeededVersion } from '../support/elf.js';

/** The oldest glibc that Node 20 itself runs with; the shipped binaries must not need a newer one. */
const GLIBC_FLOOR = [2, 28];
/** They need no libstdc++ and no libgcc. The dynamic linker is in every process. */
const LIBRARIES = new Set(['libc.so.6', 'ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1']);

function isAboveFloor({ name }: NeededVersion): boolean {
  const [, major, minor] = /^GLIBC_(\d+)\.(\d+)(?:\.\d+)?$/.exec(name) ?? [];
  if (major === undefined || minor === undefined) return true; // GLIBCXX, CXXABI, GCC, GLIBC_PRIVATE, GLIBC_ABI_*
  const [floorMajor = 0, floorMinor = 0] = GLIBC_FLOOR;
  return Number(major) > floorMajor || (Number(major) === floorMajor && Number(minor) > floorMinor);
}

/** Why a binary must not be shipped: one sentence for each reason. */
export function objectionsTo(path: string): string[] {
  const { libraries, searchPaths, versions } = readElf(path);
  return [
    ...libraries.filter((name) => !LIBRARIES.has(name)).map((name) => `needs ${name}`),
    ...searchPaths.map((folder) => `looks for libraries in ${folder}`),
    ...versions.filter(isAboveFloor).map(({ library, name }) => `needs ${name} of ${library}`),
  ];
}
