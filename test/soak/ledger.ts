import * as fs from 'node:fs';
import { IN_FLIGHT, record, SLOT, slotOf, SLOTS } from './records.js';

const NONE = -1;

/** The records of one file that a writer has acknowledged, and that no truncation has taken away since. */
export class Ledger {
  private readonly sequences = new Int32Array(SLOTS).fill(NONE);
  /** For each slot the epoch in which the last truncation of it had ended. */
  private readonly lostIn = new Int32Array(SLOTS);
  /** The next record of the writer. */
  next = 1;
  acknowledged = 0;
  checked = 0;

  constructor(
    private readonly path: string,
    private readonly file: number,
  ) {}

  /** `count` records from `first` are durable; the writer had read the epoch before it stored them. */
  acknowledge(first: number, count: number, epoch: number): void {
    if (first !== this.next) throw new Error(`${this.path}: record ${first} was acknowledged, expected ${this.next}`);
    for (let sequence = first; sequence < first + count; sequence++) {
      const slot = slotOf(sequence);
      // An older epoch: the truncation may have come after the store.
      const isSure = epoch >= (this.lostIn[slot] ?? 0);
      this.sequences[slot] = isSure ? sequence : NONE;
    }
    this.next += count;
    this.acknowledged += count;
  }

  /** The file was cut to `length` bytes and has its old length again; `epoch` began after that. */
  lose(length: number, epoch: number): void {
    const first = Math.floor(length / SLOT);
    this.sequences.fill(NONE, first);
    this.lostIn.fill(epoch, first);
  }

  /** Reads every acknowledged record back. The writer must have ended. @throws an error that lists the lost ones. */
  check(): void {
    const bytes = fs.readFileSync(this.path);
    const lost: string[] = [];
    // The slots that the writer may have been storing into.
    const open = new Set(Array.from({ length: IN_FLIGHT }, (_, i) => slotOf(this.next + i)));
    this.sequences.forEach((sequence, slot) => {
      if (sequence === NONE || open.has(slot)) return;
      const right = record(this.file, sequence);
      const found = bytes.subarray(slot * SLOT, slot * SLOT + right.length);
      this.checked++;
      if (!right.equals(found)) lost.push(describe(sequence, slot, right, found));
    });
    if (lost.length > 0) throw new Error(`${this.path}: acknowledged records are lost:\n${lost.join('\n')}`);
  }
}

function describe(sequence: number, slot: number, right: Buffer, found: Buffer): string {
  const at = right.findIndex((byte, index) => byte !== found[index]);
  const zeros = found.every((byte) => byte === 0);
  return `record ${sequence} in slot ${slot}: ${zeros ? 'all zeros' : `byte ${at} is ${found[at]}, not ${right[at]}`}`;
}
