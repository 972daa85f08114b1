/** An instruction that writes a cache line back to memory. */
export interface FlushInstruction {
  /** The bit of the instruction in cpuFlushInstructions() of the addon. */
  readonly bit: number;
  readonly name: string;
}

/** All of them, best first. A CPU has those of one architecture. */
const FLUSH_INSTRUCTIONS: readonly FlushInstruction[] = [
  { bit: 4, name: 'clwb' },
  { bit: 2, name: 'clflushopt' },
  { bit: 1, name: 'clflush' },
  { bit: 32, name: 'dc cvadp' },
  { bit: 16, name: 'dc cvap' },
  { bit: 8, name: 'dc cvac' },
];

/** @param bits - the result of cpuFlushInstructions() of the addon. */
export function flushInstructions(bits: number): readonly FlushInstruction[] {
  return FLUSH_INSTRUCTIONS.filter(({ bit }) => (bits & bit) !== 0);
}
