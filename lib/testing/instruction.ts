/** The memory operand of an instruction. */
export interface Operand {
  /** Bytes, or more than it has; undefined: nothing is known. */
  readonly length: number | undefined;
  /** `length` is the exact number, and a store changes no fewer bytes. */
  readonly exact: boolean;
  /** If the operand is stored, it is also loaded. */
  readonly loads: boolean;
}

/** Prefixes and opcode. Intel SDM volume 2, chapter 2. */
interface Opcode {
  /** 0: one byte. 1: 0F. 2: 0F 38. 3: 0F 3A. */
  readonly map: number;
  readonly code: number;
  /** 0: none, 1: 66, 2: F3, 3: F2. */
  readonly prefix: number;
  /** REX.W, VEX.W or EVEX.W. */
  readonly wide: boolean;
  /** Bytes of a vector. */
  readonly vector: number;
  readonly form: 'legacy' | 'vex' | 'evex';
  /** EVEX: some elements are left out, or one serves for all. */
  readonly partly: boolean;
}

const UNKNOWN: Operand = { length: undefined, exact: false, loads: true };
const load = (length: number): Operand => ({ length, exact: true, loads: true });
const store = (length: number): Operand => ({ length, exact: true, loads: false });
const atMost = (length: number): Operand => ({ length, exact: false, loads: true });

const PREFIXES: Readonly<Record<number, number>> = { 0x66: 1, 0xf3: 2, 0xf2: 3 };
const OTHER_PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x67, 0xf0]);
const MAPS: Readonly<Record<number, number>> = { 0x38: 2, 0x3a: 3 };

/** @returns undefined: the code is cut off. */
function opcodeOf(code: Uint8Array): Opcode | undefined {
  let at = 0;
  let prefix = 0;
  for (let byte = code[at]; byte !== undefined; byte = code[++at]) {
    if (byte in PREFIXES) prefix = Math.max(prefix, PREFIXES[byte] ?? 0);
    else if (!OTHER_PREFIXES.has(byte)) break;
  }
  const [first = -1, second = 0, third = 0, fourth = 0] = code.subarray(at);
  if (first === 0xc4 || first === 0xc5 || first === 0x62)
    return vectorOpcode(first, second, third, fourth, code[at + 4]);
  const rex = first >= 0x40 && first <= 0x4f ? first : 0;
  if (rex !== 0) at++;
  const legacy = { prefix, wide: (rex & 8) !== 0, vector: 16, form: 'legacy', partly: false } as const;
  if (code[at] !== 0x0f) return code[at] === undefined ? undefined : { ...legacy, map: 0, code: code[at] ?? 0 };
  const map = MAPS[code[at + 1] ?? 0] ?? 1;
  const opcode = code[map === 1 ? at + 1 : at + 2];
  return opcode === undefined ? undefined : { ...legacy, map, code: opcode };
}

function vectorOpcode(first: number, one: number, two: number, three: number, four = -1): Opcode | undefined {
  const vector = (bits: number): number => 16 << (bits & 3);
  if (first === 0xc5)
    return {
      map: 1,
      code: two,
      prefix: one & 3,
      wide: false,
      vector: vector((one >>> 2) & 1),
      form: 'vex',
      partly: false,
    };
  const common = { prefix: two & 3, wide: (two & 0x80) !== 0 };
  if (first === 0xc4)
    return { ...common, map: one & 0x1f, code: three, vector: vector((two >>> 2) & 1), form: 'vex', partly: false };
  if (four < 0) return undefined;
  return {
    ...common,
    map: one & 7,
    code: four,
    vector: vector(three >>> 5),
    form: 'evex',
    partly: (three & 0x17) !== 0,
  };
}

/** Instructions of one byte: on general registers. */
function plainOperand({ code, prefix, wide }: Opcode): Operand {
  const word = wide ? 8 : prefix === 1 ? 2 : 4;
  const size = (code & 1) === 0 ? 1 : word;
  if (code < 0x40) return (code & 7) < 4 ? load(size) : UNKNOWN;
  if (code === 0x63) return load(4);
  if (code === 0x69 || code === 0x6b) return load(word);
  if (code === 0x83) return load(word);
  if (code === 0x80 || code === 0x81 || (code >= 0x84 && code <= 0x87)) return load(size);
  if (code === 0x88 || code === 0x89 || code === 0xc6 || code === 0xc7 || code === 0xaa || code === 0xab)
    return store(size);
  if (code === 0x8a || code === 0x8b || (code >= 0xac && code <= 0xaf)) return load(size);
  if (code === 0xa4 || code === 0xa5) return store(size); // its load faults by itself
  if (code === 0xc0 || code === 0xc1 || (code >= 0xd0 && code <= 0xd3)) return load(size);
  if (code === 0xf6 || code === 0xf7 || code === 0xfe) return load(size);
  if (code === 0xff) return atMost(8);
  return UNKNOWN;
}

const HALVES = new Set([0x12, 0x13, 0x16, 0x17]);
const STORES = new Set([0x11, 0x13, 0x17, 0x29, 0x2b, 0x7f, 0xe7]);
/** Opcodes with a scalar form by the prefixes F3 and F2. */
const isArithmetic = (code: number): boolean =>
  code === 0x10 || code === 0x11 || (code >= 0x51 && code <= 0x5f && code !== 0x5b) || code === 0xc2;

/** 0F: general registers. undefined: it is about vectors. */
function escapedOperand({ code, prefix, wide, form }: Opcode): Operand | undefined {
  if (form !== 'legacy') return code === 0x77 ? UNKNOWN : code >= 0x90 && code <= 0x93 ? atMost(8) : undefined;
  const word = wide ? 8 : prefix === 1 ? 2 : 4;
  if (code >= 0x40 && code <= 0x4f) return load(word);
  if (code >= 0x90 && code <= 0x9f) return store(1);
  if ([0xa3, 0xab, 0xaf, 0xb3, 0xba, 0xbb, 0xbc, 0xbd, 0xc1, 0xb1, 0xa4, 0xa5, 0xac, 0xad].includes(code))
    return load(word);
  if (code === 0xb8) return load(word);
  if ([0xb0, 0xb6, 0xbe, 0xc0].includes(code)) return load(1);
  if (code === 0xb7 || code === 0xbf) return load(2);
  if (code === 0xc3) return store(word);
  if (code === 0xc7) return atMost(16);
  if (code < 0x10 || (code >= 0x18 && code <= 0x27) || (code >= 0x30 && code <= 0x3f)) return UNKNOWN;
  if (
    (code >= 0x80 && code <= 0x8f) ||
    (code >= 0xa0 && code <= 0xb5) ||
    code === 0x77 ||
    (code >= 0xc8 && code <= 0xcf)
  )
    return UNKNOWN;
  return undefined;
}

/** 0F: vectors. */
function vectorOperand(opcode: Opcode): Operand {
  const { code, prefix, wide, vector, form } = opcode;
  const scalar = prefix === 2 ? 4 : 8;
  const of = STORES.has(code) ? store : load;
  if (HALVES.has(code)) {
    if (prefix < 2) return of(8);
    return load(prefix === 3 && vector === 16 ? 8 : vector);
  }
  if (isArithmetic(code) && prefix >= 2) return of(scalar);
  if (code === 0x2a || code === 0x78 || code === 0x79 || code === 0x7a || code === 0x7b)
    return form === 'legacy' && prefix < 2 ? load(8) : form === 'evex' && prefix < 2 ? atMost(vector) : atMost(8);
  if (code === 0x2c || code === 0x2d) return load(prefix >= 2 ? scalar : prefix === 1 ? 16 : 8);
  if (code === 0x2e || code === 0x2f) return load(prefix === 1 ? 8 : 4);
  if (code === 0x5a) return load(prefix === 0 ? vector / 2 : vector);
  if (code === 0xe6) return load(prefix === 2 ? vector / 2 : vector);
  if (code === 0x6e) return load(wide ? 8 : 4);
  if (code === 0x7e) return prefix === 2 ? load(8) : store(wide ? 8 : 4);
  if (code === 0xd6) return store(8);
  if (code === 0xc4) return load(2);
  if (code === 0xae) return UNKNOWN;
  if (code === 0x6f || code === 0x7f || code === 0xe7) return of(form === 'legacy' && prefix === 0 ? 8 : vector);
  if (form === 'legacy' && prefix === 0 && ((code >= 0x60 && code <= 0x7f) || code >= 0xd0)) return atMost(8); // MMX
  if ((code >= 0xd1 && code <= 0xd3) || (code >= 0xe1 && code <= 0xe2) || (code >= 0xf1 && code <= 0xf3))
    return load(16);
  return of(vector);
}

/** Parts of a vector that vpmovsx and vpmovzx load. */
const WIDENED = [2, 4, 8, 2, 4, 2];
const GATHERS = new Set([0x49, 0x4b, 0x90, 0x91, 0x92, 0x93, 0xa0, 0xa1, 0xa2, 0xa3, 0xc6, 0xc7]);
const BROADCASTS: Readonly<Record<number, number>> = {
  0x18: 4,
  0x19: 8,
  0x1a: 16,
  0x58: 4,
  0x59: 8,
  0x5a: 16,
  0x78: 1,
  0x79: 2,
};

/** 0F 38. */
function thirdOperand({ code, prefix, wide, vector, form }: Opcode): Operand {
  const word = wide ? 8 : prefix === 1 ? 2 : 4;
  if (form === 'legacy' && (code === 0xf0 || code === 0xf1)) {
    if (prefix === 3) return load(code === 0xf0 ? 1 : word);
    return code === 0xf0 ? load(word) : store(word);
  }
  if (code >= 0xf2 && code <= 0xf7) return load(wide ? 8 : 4);
  if (GATHERS.has(code) && form !== 'legacy') return UNKNOWN;
  if (form === 'evex' && prefix === 2) return atMost(vector);
  if ((code & 0xef) >= 0x20 && (code & 0xef) <= 0x25) return load(vector / (WIDENED[code & 7] ?? 1));
  if (form === 'vex' && code in BROADCASTS) return load(BROADCASTS[code] ?? 0);
  if (form === 'legacy' || code === 0x17 || code <= 0x0b || (code >= 0x37 && code <= 0x3f) || code === 0x29)
    return load(vector);
  return atMost(vector);
}

/** 0F 3A. */
function fourthOperand({ code, wide, vector, form }: Opcode): Operand {
  if (code === 0x14) return store(1);
  if (code === 0x15) return store(2);
  if (code === 0x16) return store(wide ? 8 : 4);
  if (code === 0x17) return store(4);
  if (code === 0x20) return load(1);
  if (code === 0x21 || code === 0x0a) return load(4);
  if (code === 0x22) return load(wide ? 8 : 4);
  if (code === 0x0b) return load(8);
  if (code === 0xf0) return load(wide ? 8 : 4);
  if (code === 0x18 || code === 0x38) return load(16);
  if (code === 0x19 || code === 0x39) return store(16);
  return form === 'legacy' ? load(vector) : atMost(vector);
}

function wholeOperand(opcode: Opcode): Operand {
  if (opcode.map === 0) return plainOperand(opcode);
  if (opcode.map === 1) return escapedOperand(opcode) ?? vectorOperand(opcode);
  if (opcode.map === 2) return thirdOperand(opcode);
  if (opcode.map === 3) return fourthOperand(opcode);
  return atMost(opcode.vector);
}

/**
 * The memory operand of an instruction of x86_64, in 64-bit mode. Never fewer bytes than it loads: what is not in these
 * tables has more, or an unknown number.
 */
export function operandOf(code: Uint8Array): Operand {
  const opcode = opcodeOf(code);
  if (opcode === undefined) return UNKNOWN;
  const operand = wholeOperand(opcode);
  return opcode.partly ? { ...operand, exact: false, loads: true } : operand;
}
