// The bytes that an instruction loads, against another disassembler: each instruction of the C library.
import { expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { operandOf } from '../../lib/testing/instruction.js';
import { exact } from '../support/exact.js';

const SIZES: Readonly<Record<string, number>> = {
  BYTE: 1,
  WORD: 2,
  DWORD: 4,
  QWORD: 8,
  TBYTE: 10,
  XMMWORD: 16,
  YMMWORD: 32,
  ZMMWORD: 64,
};
const LINE = /^\s*[0-9a-f]+:\t((?:[0-9a-f]{2} )+)\s*\t(.*)$/;
const OPERAND = /\b(BYTE|WORD|DWORD|QWORD|TBYTE|[XYZ]MMWORD) (?:PTR|BCST) /;
const REPEATED = /^(?:(?:lock|repn?z?|data16|cs|es|ds) )+/;
/** No load of data, or none of a program in JavaScript: the stack, the instruction itself, registers of the CPU. */
const OTHERS = /^(?:lea|nop|prefetch|bnd|clflush|clwb|call|jmp|push|pop|\(bad\)|v?ldmxcsr|v?stmxcsr|fx|xsave|xrstor|f)/;
/** Stores, if the operand in memory is the first one. */
const STORES = /^(?:v?mov|set|v?extract|v?pextr|stos|vcvtps2ph|vpmov|v?p?compress|kmov|v?p?scatter|vp?maskmov)/;

function pathOfLibrary(): string | undefined {
  const maps = execFileSync('cat', ['/proc/self/maps'], { encoding: 'utf8' });
  return /\S*\/libc\.so\.6$/m.exec(maps)?.[0];
}

const library = process.platform === 'linux' ? pathOfLibrary() : undefined;
const disassembled = exact.andUnless(
  library !== undefined && spawnSync('objdump', ['--version']).status === 0,
  'there is no objdump, or no glibc',
  'apt-get install binutils',
);

disassembled.test('no operand of the C library has more bytes, and an exact one has as many', () => {
  const options = { encoding: 'utf8', maxBuffer: 2 ** 30 } as const;
  const lines = execFileSync('objdump', ['-d', '-M', 'intel', '--insn-width=15', library ?? ''], options).split('\n');
  const wrong: string[] = [];
  let exactly = 0;
  let all = 0;
  for (const line of lines) {
    const [, bytes = '', text = ''] = LINE.exec(line) ?? [];
    const instruction = text.replace(REPEATED, '');
    const [operand, size = ''] = OPERAND.exec(instruction) ?? [];
    if (operand === undefined || OTHERS.test(text)) continue;
    const { length, exact: isExact, loads } = operandOf(Buffer.from(bytes.replaceAll(' ', ''), 'hex'));
    const isFirst = instruction.replace(/^\S+\s+/, '').startsWith(operand);
    const stores = isFirst && STORES.test(instruction);
    all++;
    if (isExact) exactly++;
    const tooFew = length !== undefined && length < (SIZES[size] ?? 0);
    if (tooFew || (isExact && length !== SIZES[size]) || (!stores && !loads)) wrong.push(line);
  }
  expect(wrong.slice(0, 20)).toEqual([]);
  expect(all).toBeGreaterThan(50_000);
  expect(exactly).toBeGreaterThan(0.95 * all);
});

test.each([
  ['cut off', '48'],
  ['a prefix alone', 'f3'],
  ['cut off within EVEX', '62f17c48'],
  ['two operands in memory', 'f3a6'],
  ['a gather', 'c4e2759004'],
])('nothing is known of %s', (_name, code) => {
  expect(operandOf(Buffer.from(code, 'hex'))).toEqual({ length: undefined, exact: false, loads: true });
});
