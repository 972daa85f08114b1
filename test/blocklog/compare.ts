import type { BlockLog } from './block-log.js';
import { digestOf } from './digest.js';
import { FileOnDisk } from './file-on-disk.js';
import type { Judge } from './judge.js';
import type { ModelContents } from './model.js';
import { SIZE } from './programs.js';
import type { Recording, Round } from './recording.js';

/** What the rounds of one program have shown. */
export interface Comparison {
  /** Requests that write the file, and after which a power cut may leave more than one content. */
  windows: number;
  /** Windows before the persist of their stores was called: the kernel had written a page back by itself. */
  early: number;
  /** Contents after each request of the rounds. */
  contents: number;
  /** Contents that the simulator does not have. */
  readonly outside: string[];
  /** Contents that the invariant of the program refuses. */
  violations: number;
  /** Those among them that also a disk without a cache leaves, which never changes the order of its requests. */
  inOrder: number;
  /** Rounds at whose begin or end the log has another content than the file. */
  readonly astray: string[];
}

/** The content of the file after so many requests, if the disk has each of them. */
export interface Sample {
  readonly position: number;
  /** Digest. */
  readonly content: string;
}

/** The numbers of marks that a program may have passed when so many requests had reached the disk. */
function marksAt({ from, counts, to }: Round, position: number): number[] {
  const bounds = [from, ...counts, to];
  return bounds.flatMap((bound, passed) => {
    const next = bounds[passed + 1];
    return next !== undefined && bound <= position && position <= next ? [passed] : [];
  });
}

/** Compares each content that a power cut may leave, after each request, with those of the simulator. */
export function compare(
  log: BlockLog,
  { runs, rounds }: Recording,
  models: readonly ModelContents[],
  judge: Judge,
): { readonly results: readonly Comparison[]; readonly samples: readonly Sample[] } {
  const samples: Sample[] = [];
  const results = models.map<Comparison>(() => ({
    windows: 0,
    early: 0,
    contents: 0,
    outside: [],
    violations: 0,
    inOrder: 0,
    astray: [],
  }));
  const file = new FileOnDisk(log, SIZE, runs);
  let position = 0;

  const look = (round: Round, number: number, writes: boolean): void => {
    const [result, model] = [results[round.program], models[round.program]];
    if (result === undefined || model === undefined) throw new Error(`there is no program ${round.program}`);
    if (position === round.from && digestOf(file.newest()) !== model.before) result.astray.push(`begin of ${number}`);
    if (position === round.to && digestOf(file.newest()) !== round.content) result.astray.push(`end of ${number}`);
    const passed = marksAt(round, position);
    const newest = digestOf(file.newest());
    let contents = 0;
    for (const content of file.contents()) {
      contents++;
      const digest = digestOf(content);
      for (const marks of passed)
        if (model.after.get(marks)?.has(digest) !== true)
          result.outside.push(`round ${number}, after ${position} requests and ${marks} marks`);
      const isAllowed = passed.every((marks) => {
        const acknowledged = round.marks.slice(0, marks).filter((mark) => mark === 'acknowledged').length;
        return judge.allows(round.program, content, acknowledged);
      });
      if (isAllowed) continue;
      result.violations++;
      if (writes && digest === newest) result.inOrder++;
    }
    result.contents += contents;
    if (!writes || contents === 1) return;
    result.windows++;
    if (passed.some((marks) => round.marks[marks] !== 'return')) result.early++;
    samples.push({ position, content: newest });
  };

  const lookAll = (writes: boolean): void => {
    for (const [number, round] of rounds.entries())
      if (position >= round.from && position <= round.to) look(round, number, writes);
  };

  for (const request of log.requests()) {
    const writes = file.apply(request);
    position++;
    lookAll(writes);
  }
  return { results, samples };
}
