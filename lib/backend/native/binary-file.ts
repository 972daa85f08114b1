import fs from 'node:fs';

const { closeSync, fstatSync, openSync, readSync } = fs; // captured now: a guard replaces them later

// The header of an ELF file of 64 bits, and the places of its fields (elf(5)).
const HEADER_SIZE = 64;
const MAGIC = '\x7fELF';
const MACHINE = 18;
const SECTIONS = { start: 40, size: 58, count: 60 } as const;
const MACHINES: Readonly<Partial<Record<string, number>>> = { x64: 62, arm64: 183 };

function headOf(path: string): { readonly size: number; readonly header: Buffer } {
  const header = Buffer.alloc(HEADER_SIZE);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, header, 0, HEADER_SIZE, 0);
    return { size: fstatSync(fd).size, header };
  } finally {
    closeSync(fd);
  }
}

/** The length that the header tells: the table of sections is the last part of the file. */
function lengthToldBy(header: Buffer): number {
  const start = Number(header.readBigUInt64LE(SECTIONS.start));
  return start + header.readUInt16LE(SECTIONS.size) * header.readUInt16LE(SECTIONS.count);
}

function machineIn(header: Buffer): string {
  const number = header.readUInt16LE(MACHINE);
  return Object.keys(MACHINES).find((name) => MACHINES[name] === number) ?? `machine ${number}`;
}

/**
 * The reason why the file cannot be a library for this process, one sentence; undefined: it looks like one. Asked
 * before the file is loaded: the dynamic linker dies of SIGBUS in a file that was cut off, and says of one for another
 * CPU that there is no such file.
 *
 * @throws every error of open(2) and read(2).
 */
export function faultOf(path: string): string | undefined {
  const { size, header } = headOf(path);
  if (size === 0) return 'It is empty.';
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'It is damaged: this is no ELF file.';
  const told = lengthToldBy(header);
  if (size < Math.max(told, HEADER_SIZE))
    return `It is damaged: it has ${size} bytes of ${Math.max(told, HEADER_SIZE)}.`;
  const wanted = MACHINES[process.arch];
  return wanted === undefined || header.readUInt16LE(MACHINE) === wanted
    ? undefined
    : `It was made for ${machineIn(header)}, and this process is ${process.arch}.`;
}
