import { element, escape } from './svg.js';

/** One bar. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The value as text, beside the bar. */
  readonly shown: string;
  readonly isOurs: boolean;
}

/** A picture as data: groups of bars, from top to bottom. */
export interface BarChart {
  readonly title: string;
  /** Read aloud in place of the picture. */
  readonly description: string;
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[];
  /** The label of a line of the scale. */
  readonly tick: (value: number) => string;
}

/** Every value of the groups, as text. */
export function describeGroups(groups: BarChart['groups']): string {
  const told = groups.map(
    ({ label, bars }) => `${label}: ${bars.map((bar) => `${bar.label} ${bar.shown}`).join(', ')}.`,
  );
  return told.join(' ');
}

const WIDTH = 760;
const LEFT = 190; // the labels of the bars
const RIGHT = 90; // the values
const TOP = 48;
const BAR = 16;
const STEP = 21;
const GROUP = 26;
const BOTTOM = 40;

/** The colours differ in brightness too, for readers who do not see colours. */
const STYLE = [
  'svg{font-family:system-ui,sans-serif;font-size:12px}',
  '.ground{fill:#ffffff}.text{fill:#1f2328}.scale{stroke:#d1d9e0}.faint{fill:#59636e}',
  '.ours{fill:#0a57b5}.rival{fill:#a8b3bf}.title{font-size:15px;font-weight:600}.group{font-weight:600}',
  '@media (prefers-color-scheme:dark){.ground{fill:#0d1117}.text{fill:#f0f6fc}.scale{stroke:#3d444d}',
  '.faint{fill:#9198a1}.ours{fill:#4ea1ff}.rival{fill:#656f7a}}',
].join('');

/** Powers of ten below the lowest and above the highest value. A bar at the lower end would not be seen. */
export function decades(values: readonly number[]): { first: number; last: number } {
  const exponents = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  if (exponents.length === 0) return { first: 0, last: 1 };
  const first = Math.ceil(Math.min(...exponents)) - 1;
  return { first, last: Math.max(first + 1, Math.ceil(Math.max(...exponents))) };
}

function text(x: number, y: number, style: string, content: string, anchor = 'start'): string {
  return element('text', { x, y, class: style, 'text-anchor': anchor }, escape(content));
}

function bar({ label, value, shown, isOurs }: Bar, y: number, width: number): string {
  const hint = element('title', {}, escape(`${label}: ${shown}`));
  return [
    text(LEFT - 8, y + BAR - 4, isOurs ? 'text group' : 'text', label, 'end'),
    value > 0
      ? element('rect', { x: LEFT, y, width: Math.max(1, width), height: BAR, class: isOurs ? 'ours' : 'rival' }, hint)
      : '',
    text(LEFT + width + 6, y + BAR - 4, 'text', shown),
  ].join('');
}

/** The picture as SVG: text as text, no script, nothing from outside. */
export function drawBarChart({ title, description, groups, tick }: BarChart): string {
  const bars = groups.flatMap((group) => group.bars);
  const { first, last } = decades(bars.map(({ value }) => value));
  const decade = (WIDTH - LEFT - RIGHT) / (last - first);
  const widthOf = (value: number): number => (value > 0 ? (Math.log10(value) - first) * decade : 0);
  const end = TOP + groups.length * GROUP + bars.length * STEP;
  const parts: string[] = [];
  for (let power = first; power <= last; power++) {
    const x = LEFT + (power - first) * decade;
    parts.push(element('line', { x1: x, x2: x, y1: TOP, y2: end + 4, class: 'scale' }));
    parts.push(text(x, end + 20, 'faint', tick(10 ** power), 'middle'));
  }
  let y = TOP;
  for (const group of groups) {
    parts.push(text(12, y + 17, 'text group', group.label));
    y += GROUP;
    for (const one of group.bars) {
      parts.push(bar(one, y, widthOf(one.value)));
      y += STEP;
    }
  }
  const height = end + BOTTOM;
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    role: 'img',
    'aria-labelledby': 'title description',
  };
  const content = [
    element('title', { id: 'title' }, escape(title)),
    element('desc', { id: 'description' }, escape(description)),
    element('style', {}, escape(STYLE)),
    element('rect', { width: WIDTH, height, rx: 6, class: 'ground' }),
    text(12, 28, 'text title', title),
    ...parts,
  ];
  return `${element('svg', attributes, `\n${content.join('\n')}\n`)}\n`;
}
