import type { Enforcement, Extent, Seal, SealPolicy } from '../../index.js';
import type { Io } from '../io.js';
import { jsonLine } from '../json.js';
import { formatBytes, formatCount, formatExtents, Report } from '../terminal.js';

/** Prints the events of a seal, as text for people or as JSON for programs. */
export interface SealEventReport {
  /** @param size - size of the file in bytes. */
  sealed(path: string, size: number, seal: Seal): void;
  /** @param deadline - in milliseconds. */
  breakRequested(deadline: number): void;
  weakened(enforcement: Enforcement): void;
  violated(moved: readonly Extent[]): void;
  broken(): void;
  released(): void;
}

const ENFORCEMENT: Readonly<Record<Enforcement, string>> = {
  kernel: 'kernel: the kernel or the driver refuses every process',
  lease: 'lease: callers of this package are refused; open() of any other program waits until the deadline',
  advisory: 'advisory: callers of this package are refused; changes by other programs are only detected',
};

const POLICY: Readonly<Record<SealPolicy, string>> = {
  refuse: 'refuse: the blocks cannot be changed while the seal is held',
  exclusive: 'exclusive: the only seal of the file',
  breakable: 'breakable: ends at the deadline after a request',
};

// The number of moved extents that the text lists.
const MOST_LISTED = 10;

/** One JSON object per line, each with `schema`, `event` and `time`. */
export function sealEventsAsJson({ stdout }: Io): SealEventReport {
  const print = (event: string, more: object = {}): void => {
    stdout.write(jsonLine({ event, time: new Date().toISOString(), ...more }));
  };
  return {
    sealed: (path, size, { enforcement, policy, extents }) =>
      print('sealed', { path, size, enforcement, policy, extents: extents.length }),
    breakRequested: (deadline) => print('break', { deadline }),
    weakened: (enforcement) => print('weakened', { enforcement }),
    violated: (moved) => print('violated', { moved }),
    broken: () => print('broken'),
    released: () => print('released'),
  };
}

/** Lines for people. Each event has the time of day. */
export function sealEventsAsText(io: Io): SealEventReport {
  const report = new Report(io);
  const now = (): string => new Date().toTimeString().slice(0, 8);
  const print = (text: string): void => report.paragraph(text, 10, `${now()}  `);
  return {
    sealed(path, size, seal) {
      report.line(`${path}  (${formatBytes(size)}, ${formatExtents(seal.extents.length)})`);
      report.entry('enforcement', ENFORCEMENT[seal.enforcement]);
      report.entry('policy', POLICY[seal.policy]);
      print('sealed; Ctrl-C releases it');
    },
    breakRequested: (deadline) =>
      print(`break requested: the seal ends in ${formatCount(deadline)} ms; Ctrl-C releases it now`),
    weakened: (enforcement) => print(`weakened: another process has opened the file; ${ENFORCEMENT[enforcement]}`),
    violated(moved) {
      print(`violated: ${formatExtents(moved.length)} moved`);
      for (const { offset, length, flags } of moved.slice(0, MOST_LISTED)) {
        const range = `${formatCount(offset).padStart(21)} ${formatBytes(length).padStart(11)}`;
        report.line(`          ${range}  now ${flags.join(', ') || 'written elsewhere'}`);
      }
      if (moved.length > MOST_LISTED)
        report.line(`          ... and ${formatCount(moved.length - MOST_LISTED)} more (--json lists all)`);
    },
    broken: () => print('broken: the deadline has passed, and the file is not sealed any more'),
    released: () => print('released'),
  };
}
