import type { Io } from '../io.js';
import { Report, wantsColour } from '../terminal.js';
import type { Examination } from './examine.js';
import type { Requirement } from './require.js';
import { machineRows, placeRows, type Mark, type Row } from './rows.js';

interface Look {
  /** A character of its own for each mark, so that the screen works without colour. */
  readonly sign: string;
  /** SGR parameter. */
  readonly colour: number;
}

const LOOKS: Readonly<Record<Mark, Look>> = {
  good: { sign: '+', colour: 32 },
  absent: { sign: '-', colour: 90 },
  unknown: { sign: '?', colour: 33 },
  fault: { sign: '!', colour: 31 },
  plain: { sign: ' ', colour: 39 },
};

// Two blanks, the longest label, two blanks.
const SIGN_COLUMN = 15;
const TEXT_COLUMN = SIGN_COLUMN + 2;

/** Prints rows. A reason that was printed already is not printed again. */
class Screen {
  private readonly report: Report;
  private readonly colour: boolean;
  private readonly firstWith = new Map<string, string>();

  constructor(io: Io) {
    this.report = new Report(io);
    this.colour = wantsColour(io.stdout, io.env);
  }

  section(heading: string, rows: readonly Row[]): void {
    this.report.line();
    this.report.heading(heading);
    this.rows(rows);
  }

  /** The path is printed as it is, so that a reader can copy it. */
  place({ answer, reason }: Examination['path'], rows: readonly Row[]): void {
    this.report.line();
    this.report.line(answer);
    if (reason !== undefined) this.report.paragraph(reason, 2);
    this.rows(rows);
  }

  private rows(rows: readonly Row[]): void {
    for (const row of rows) this.row(row);
  }

  private row({ label, mark, text, reason }: Row): void {
    const { sign, colour } = LOOKS[mark];
    const paint = (line: string): string =>
      `${line.slice(0, SIGN_COLUMN)}\x1b[${colour}m${sign}\x1b[39m${line.slice(SIGN_COLUMN + 1)}`;
    this.report.paragraph(
      `${text}${this.because(label, reason)}`,
      TEXT_COLUMN,
      `${`  ${label}`.padEnd(SIGN_COLUMN)}${sign} `,
      this.colour ? paint : undefined,
    );
  }

  private because(label: string, reason: string | undefined): string {
    if (reason === undefined) return '';
    const first = this.firstWith.get(reason);
    if (first !== undefined) return `, as for ${first}`;
    this.firstWith.set(reason, label);
    return `: ${reason}`;
  }

  remedies(rows: readonly Row[]): void {
    const found = groupRemedies(rows);
    if (found.size === 0) return;
    this.report.line();
    this.report.heading('To change it');
    for (const [remedy, labels] of found) this.report.item(`${labels.join(', ')}: ${remedy}`);
  }
}

/** The labels of each remedy. A remedy that begins with another one stands for both. */
export function groupRemedies(rows: readonly Row[]): Map<string, string[]> {
  const given = rows.flatMap(({ remedy }) => remedy ?? []);
  const found = new Map<string, string[]>();
  for (const { label, remedy } of rows) {
    if (remedy === undefined) continue;
    const longest = given.filter((other) => other.startsWith(remedy)).sort((a, b) => b.length - a.length)[0] ?? remedy;
    found.set(longest, [...(found.get(longest) ?? []), label]);
  }
  return found;
}

function requiredRows(required: readonly Requirement[], found: Examination): Row[] {
  return required.map(({ guarantee, met, by }) => {
    const { answer } = found[by];
    const why = typeof answer === 'object' ? '' : `: ${by} is ${answer}`;
    return { label: guarantee, mark: met ? 'good' : 'fault', text: met ? 'met' : `not met${why}` };
  });
}

/** Prints the screen: what the path and the machine can do, the reasons, the remedies, and what was required. */
export function reportExamination(title: string, found: Examination, required: readonly Requirement[], io: Io): void {
  const report = new Report(io);
  const screen = new Screen(io);
  const [place, machine] = [placeRows(found), machineRows(found)];
  report.paragraph(title, 0);
  screen.section('This machine and this process', machine);
  screen.place(found.path, place);
  const rows = [...place, ...machine];
  screen.remedies([...rows.filter(({ mark }) => mark === 'fault'), ...rows.filter(({ mark }) => mark !== 'fault')]);
  if (required.length > 0) screen.section('Required', requiredRows(required, found));
}
