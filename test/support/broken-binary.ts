import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from './compile.js';
import { elfHash, readElf } from './elf.js';
import { ADDON } from './paths.js';

const MACHINE_AT = 18; // e_machine, elf(5)
const RISCV = 243;

/** Ways in which the file of the addon can be wrong. */
export type Fault =
  | 'empty'
  | 'text'
  | 'cut in its header'
  | 'cut in the middle'
  | 'cut at its end'
  | 'for another CPU'
  | 'for a newer glibc'
  | 'of an older version';

function forNewerGlibc(bytes: Buffer): Buffer {
  const version = readElf(ADDON).versions.find(({ name }) => /^GLIBC_2\.\d\d$/.test(name));
  if (version === undefined) throw new Error('the addon needs no version of glibc with two digits');
  bytes.write('GLIBC_2.99', version.nameAt, 'latin1');
  bytes.writeUInt32LE(elfHash('GLIBC_2.99'), version.hashAt);
  return bytes;
}

function forAnotherCpu(bytes: Buffer): Buffer {
  bytes.writeUInt16LE(RISCV, MACHINE_AT);
  return bytes;
}

/** A function of the addon has another name. */
function ofOlderVersion(bytes: Buffer): Buffer {
  const at = bytes.indexOf('\0makeCounts\0', 0, 'latin1');
  if (at < 0) throw new Error('the addon exports no makeCounts()');
  bytes.write('makeNumber', at + 1, 'latin1');
  return bytes;
}

const changes: Readonly<Record<Fault, (bytes: Buffer) => Buffer | string>> = {
  empty: () => '',
  text: () => '<!doctype html><title>407 Proxy Authentication Required</title>',
  'cut in its header': (bytes) => bytes.subarray(0, 32),
  'cut in the middle': (bytes) => bytes.subarray(0, bytes.length / 2),
  'cut at its end': (bytes) => bytes.subarray(0, -1),
  'for another CPU': forAnotherCpu,
  'for a newer glibc': forNewerGlibc,
  'of an older version': ofOlderVersion,
};

/** Writes the addon with a fault to `path`. */
export function writeBroken(path: string, fault: Fault): void {
  writeFileSync(path, changes[fault](readFileSync(ADDON)));
}

/**
 * Writes an addon to `path` that was linked with musl.
 *
 * @param scratch - a folder for a file between.
 * @returns the reason, with the remedy, why that is impossible here; undefined: it is done.
 */
export function writeForMusl(path: string, scratch: string): string | undefined {
  const musl = join(scratch, 'libc.musl-x86_64.so.1');
  const steps = [
    ['-Wl,-soname,libc.musl-x86_64.so.1', '-o', musl, '-x', 'c', '/dev/null'],
    ['-Wl,--no-as-needed', '-o', path, musl, '-x', 'c', '/dev/null'],
  ];
  for (const step of steps) {
    const missing = compile('c', ['-shared', '-nostdlib', ...step]);
    if (missing !== undefined) return missing;
  }
  return undefined;
}
