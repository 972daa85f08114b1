import type { Durability, Probe } from '../../index.js';
import { formatCount, type Report } from '../terminal.js';
import type { Tally } from './records.js';

/** The answers of probe() that the demo prints. */
const SHOWN = ['fileSystem', 'dax', 'mapSync', 'granularity'] as const;

export function reportProbe(report: Report, probe: Probe): void {
  report.heading('What this place offers');
  for (const name of SHOWN) {
    const { answer, reason, remedy } = probe[name];
    report.entry(name, String(answer));
    if (reason !== undefined) report.detail(reason);
    if (remedy !== undefined) report.detail(`To change it: ${remedy}`);
  }
}

export function reportDurability(report: Report, durability: Durability): void {
  report.heading('What the mapping got');
  report.entry('granularity', `${durability.granularity}${durability.forced ? ' (forced by the environment)' : ''}`);
  report.entry('method', durability.method);
  report.entry('domain', durability.domain);
  report.entry('MAP_SYNC', durability.mapSync ? 'yes' : 'no');
  report.entry('backend', durability.backend);
  if (durability.reasons.length > 0) report.heading('Why not better');
  for (const reason of durability.reasons) report.item(reason);
}

export function reportTally(report: Report, records: Tally): void {
  report.heading('What was found in the file afterwards, read from the beginning');
  report.entry('acknowledged', formatCount(records.acknowledged));
  report.entry('found', `${formatCount(records.found)} whole and in order`);
  report.entry('lost', `${formatCount(records.lost)} of the acknowledged`);
  report.entry('beyond', `${formatCount(records.beyond)} stored, but not acknowledged before the kill`);
  report.entry(
    'torn',
    records.torn === 0
      ? 'no half-written record at the end'
      : 'one half-written record at the end: it was never acknowledged, and its checksum is wrong',
  );
}

export function reportLesson(report: Report, durability: Durability): void {
  report.heading('What this shows, and what it does not');
  for (const sentence of lesson(durability)) report.item(sentence);
}

const DOMAIN: Readonly<Record<Durability['domain'], string>> = {
  volatile: 'This file lives in memory (domain volatile): a loss of power erases it, with and without persist().',
  storage:
    'Domain storage: persist() returns after its bytes were written to the device. The disk and its write cache decide ' +
    'whether those bytes outlive a loss of power.',
  'memory-controller':
    'Domain memory-controller: persist() returns after its bytes left the CPU caches. The platform claims that its ' +
    'memory controller keeps them when the power fails.',
  'cpu-cache': 'Domain cpu-cache: the platform claims that it flushes its CPU caches when the power fails.',
  unknown: 'Domain unknown: the system does not report which bytes outlive a loss of power.',
};

/** The conclusions from a SIGKILL. They depend on the layers between a store and the file. */
export function lesson(durability: Durability): string[] {
  const sentences = [
    'A process that dies without clean-up leaves every acknowledged record whole and in order. A half-written record is ' +
      'not mistaken for a whole one.',
  ];
  if (durability.backend === 'emulated') {
    sentences.push(
      'In the emulated backend stores reach the file at persist(). The killed process took all other stores with it, ' +
        'so the records that were found are there because persist() wrote them. A kill cannot show whether persist() ' +
        'also brought them to the disk: the page cache survives a kill.',
    );
  } else {
    sentences.push(
      'It does not show that persist() was needed: the stores of a mapping are in the page cache (on DAX, in the memory ' +
        'itself), and a killed process leaves both intact, with and without persist().',
    );
  }
  sentences.push('No loss of power was tested.');
  if (durability.granularity === 'page' && durability.domain !== 'volatile') {
    const call = durability.backend === 'emulated' ? 'the write and sync in persist()' : 'the msync(2) in persist()';
    sentences.push(
      `At granularity page, ${call} protects a record from a loss of power. The rest depends on the disk.`,
    );
  }
  if (durability.domain !== 'storage' || durability.granularity !== 'page') sentences.push(DOMAIN[durability.domain]);
  if (durability.forced) sentences.push('The environment forced the granularity: the hardware does not promise it.');
  return sentences;
}
