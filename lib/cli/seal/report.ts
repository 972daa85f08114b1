import type { Enforcement, Extent, Seal, SealPolicy } from '../../index.js';
import { formatBytes } from '../arguments.js';
import type { Output } from '../command.js';
import { formatCount, Report } from '../demo/report.js';

/** What happens to a seal, told to people or to programs. */
export interface SealEventReport {
  /** @param size - of the file, in bytes. */
  sealed(path: string, size: number, seal: Seal): void;
  /** @param deadline - milliseconds. */
  breakRequested(deadline: number): void;
  weakened(enforcement: Enforcement): void;
  violated(moved: readonly Extent[]): void;
  broken(): void;
  released(): void;
}

const ENFORCEMENT: Readonly<Record<Enforcement, string>> = {
  kernel: 'kernel: everybody is refused, by the kernel or the driver',
  lease: "lease: callers of this package are refused, a stranger's open is held up until the deadline",
  advisory: 'advisory: callers of this package are refused, strangers are only detected',
};

const POLICY: Readonly<Record<SealPolicy, string>> = {
  refuse: 'refuse: nobody may change the blocks',
  exclusive: 'exclusive: no other seal beside it',
  breakable: 'breakable: gives way to a request at its deadline',
};

// Of what moved, in text.
const MOST_LISTED = 10;

function plural(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'extent' : 'extents'}`;
}

/** One JSON object a line, each with `event` and `time`. */
export function sealEventsAsJson(output: Output): SealEventReport {
  const tell = (event: string, more: object = {}): void => {
    output.write(`${JSON.stringify({ event, time: new Date().toISOString(), ...more })}\n`);
  };
  return {
    sealed: (path, size, { enforcement, policy, extents }) =>
      tell('sealed', { path, size, enforcement, policy, extents: extents.length }),
    breakRequested: (deadline) => tell('break', { deadline }),
    weakened: (enforcement) => tell('weakened', { enforcement }),
    violated: (moved) => tell('violated', { moved }),
    broken: () => tell('broken'),
    released: () => tell('released'),
  };
}

/** Lines for people; each event with the time of day. */
export function sealEventsAsText(output: Output): SealEventReport {
  const report = new Report(output);
  const now = (): string => new Date().toTimeString().slice(0, 8);
  const tell = (text: string): void => report.paragraph(text, 10, `${now()}  `);
  return {
    sealed(path, size, seal) {
      report.line(`${path}  (${formatBytes(size)}, ${plural(seal.extents.length)})`);
      report.entry('enforcement', ENFORCEMENT[seal.enforcement]);
      report.entry('policy', POLICY[seal.policy]);
      tell('sealed; Ctrl-C releases it');
    },
    breakRequested: (deadline) =>
      tell(`somebody waits for it, and will be let in after ${formatCount(deadline)} ms; Ctrl-C lets them in now`),
    weakened: (enforcement) => tell(`weakened: somebody was let in; ${ENFORCEMENT[enforcement]}`),
    violated(moved) {
      tell(`violated: ${plural(moved.length)} moved`);
      for (const { offset, length, flags } of moved.slice(0, MOST_LISTED)) {
        report.line(
          `          ${formatCount(offset).padStart(21)} ${formatBytes(length).padStart(11)}  now ${flags.join(', ') || 'written elsewhere'}`,
        );
      }
      if (moved.length > MOST_LISTED)
        report.line(`          ... and ${formatCount(moved.length - MOST_LISTED)} more (--json lists all)`);
    },
    broken: () => tell('broken: it had to give way; the file is not sealed any more'),
    released: () => tell('released'),
  };
}
