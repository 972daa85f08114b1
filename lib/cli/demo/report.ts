import type { Durability } from '../../index.js';
import type { Tally } from './records.js';
import type { Output } from '../command.js';
import { usableColumns } from '../progress.js';

/** One answer of probe(). */
export interface ProbeAnswer {
  readonly answer: unknown;
  readonly reason?: string;
  readonly remedy?: string;
}

const SHOWN = ['fileSystem', 'dax', 'mapSync', 'granularity'] as const;

/** The answers of probe() that this demo prints. */
export type ShownAnswers = Readonly<Record<(typeof SHOWN)[number], ProbeAnswer>>;

// Two blanks, the longest label, two blanks.
const LABEL = 16;

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** Text for people, wrapped to the terminal; elsewhere a paragraph is one line, to be searched and wrapped by others. */
export class Report {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  line(text = ''): void {
    this.#output.write(`${text}\n`);
  }

  /** `label` in a column of its own, the text beside it. */
  entry(label: string, text: string): void {
    this.paragraph(text, LABEL, `  ${label}`.padEnd(LABEL));
  }

  paragraph(text: string, indent: number, lead = ' '.repeat(indent)): void {
    // Below that, wrapping beside an indent gives a column of single words.
    const columns = this.#output.isTTY === true ? Math.max(usableColumns(this.#output), indent + 20) : Infinity;
    let line = lead;
    let empty = true;
    for (const word of text.split(/\s+/)) {
      if (!empty && line.length + 1 + word.length > columns) {
        this.line(line);
        line = ' '.repeat(indent);
        empty = true;
      }
      line += empty ? word : ` ${word}`;
      empty = false;
    }
    this.line(line);
  }

  probe(answers: ShownAnswers): void {
    this.line('What this place offers');
    for (const name of SHOWN) {
      const { answer, reason, remedy } = answers[name];
      this.entry(name, String(answer));
      if (reason !== undefined) this.paragraph(reason, LABEL);
      if (remedy !== undefined) this.paragraph(`To change it: ${remedy}`, LABEL);
    }
  }

  durability(durability: Durability): void {
    this.line('What the mapping got');
    this.entry('granularity', `${durability.granularity}${durability.forced ? ' (forced by the environment)' : ''}`);
    this.entry('method', durability.method);
    this.entry('domain', durability.domain);
    this.entry('MAP_SYNC', durability.mapSync ? 'yes' : 'no');
    this.entry('backend', durability.backend);
    if (durability.reasons.length > 0) this.line('Why not better');
    for (const reason of durability.reasons) this.paragraph(reason, 4, '  - ');
  }

  tally(records: Tally): void {
    this.line('What was found in the file afterwards, read from the beginning');
    this.entry('acknowledged', formatCount(records.acknowledged));
    this.entry('found', `${formatCount(records.found)} whole and in order`);
    this.entry('lost', `${formatCount(records.lost)} of the acknowledged`);
    this.entry('beyond', `${formatCount(records.beyond)} stored, their acknowledgement not sent when the kill came`);
    this.entry(
      'torn',
      records.torn === 0
        ? 'no half-written record at the end'
        : 'one half-written record at the end: never acknowledged, known by its checksum',
    );
  }

  lesson(durability: Durability): void {
    this.line('What this shows, and what it does not');
    for (const sentence of lesson(durability)) this.paragraph(sentence, 4, '  - ');
  }
}

const DOMAIN: Readonly<Record<Durability['domain'], string>> = {
  volatile:
    'This file lives in memory (domain volatile): nothing of it survives a loss of power, whatever persist() does.',
  storage:
    'Domain storage: what persist() returned for was written to the device, and whether that outlives a loss of power is up to the disk and its write cache.',
  'memory-controller':
    'Domain memory-controller: what persist() returned for had left the CPU caches for the power-fail protected memory controller, by what the platform claims.',
  'cpu-cache': 'Domain cpu-cache: the platform claims that its CPU caches are flushed on a loss of power.',
  unknown: 'Domain unknown: nothing tells what this place keeps when the power goes.',
};

/** What a SIGKILL proves depends on what stands between a store and the file. */
export function lesson(durability: Durability): string[] {
  const sentences = [
    'It shows that a process that dies without any clean-up leaves every record it acknowledged whole and in order, and that a half-written one is not mistaken for a record.',
  ];
  if (durability.backend === 'emulated') {
    sentences.push(
      'In the emulated backend stores reach the file at persist(): the killed process took every store with it that was not persisted, so the records found are there because persist() wrote them. Whether it also brought them to the disk a kill cannot show: the page cache survives it.',
    );
  } else {
    sentences.push(
      'It does not show that persist() was needed: the stores of a mapping are in the page cache (on DAX, in the memory itself), which survives a killed process whatever persist() does.',
    );
  }
  sentences.push('No loss of power was tested.');
  if (durability.granularity === 'page' && durability.domain !== 'volatile') {
    const call = durability.backend === 'emulated' ? 'the write and sync in persist()' : 'the msync(2) in persist()';
    sentences.push(
      `At granularity page ${call} is what stands between a record and a loss of power; the rest is up to the disk.`,
    );
  }
  if (durability.domain !== 'storage' || durability.granularity !== 'page') sentences.push(DOMAIN[durability.domain]);
  if (durability.forced)
    sentences.push("The granularity was forced by the environment: its promise is yours, not the hardware's.");
  return sentences;
}
