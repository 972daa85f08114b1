import { describe, expect, test } from '@jest/globals';
import { type BarChart, decades, drawBarChart } from '../../../bench/report/bar-chart.js';
import { chartOf, drawPictures } from '../../../bench/report/pictures.js';
import { element, escape } from '../../../bench/report/svg.js';
import { benchmarkOf, resultOf } from './example.js';

/** Reads the text as XML elements without comments and CDATA. Returns the names of the elements, in order. */
function elementsOf(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const rest = xml.replace(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<>]*")*)(\/?)>/g, (_tag, close, name, _list, empty) => {
    if (close === '/') expect(open.pop()).toBe(name);
    else names.push(name as string);
    if (close === '' && empty === '') open.push(name as string);
    return '';
  });
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(xml).not.toMatch(/&(?!(?:amp|lt|gt|quot);)/);
  return names;
}

test('escape: markup, quotes, and characters that XML forbids', () => {
  expect(escape('a < b & "c" > \u0000d')).toBe('a &lt; b &amp; &quot;c&quot; &gt; ?d');
  expect(escape('a \ud800 b \u{1f600}')).toBe('a ? b \u{1f600}');
});

test('element: attributes are escaped, and numbers rounded', () => {
  expect(element('rect', { x: 1.26, class: 'a"b' })).toBe('<rect x="1.3" class="a&quot;b"/>');
});

describe('decades', () => {
  test('begin below the lowest value and end at or above the highest', () => {
    expect(decades([5, 300])).toEqual({ first: 0, last: 3 });
    expect(decades([10, 100])).toEqual({ first: 0, last: 2 });
    expect(decades([0.02])).toEqual({ first: -2, last: -1 });
  });

  test('zero and what is not finite have no logarithm', () => {
    expect(decades([0, NaN, Infinity])).toEqual({ first: 0, last: 1 });
  });
});

describe('a picture', () => {
  const chart = chartOf(benchmarkOf(), benchmarkOf().picture!, resultOf());
  const svg = drawBarChart(chart);

  test('is well-formed', () => {
    expect(elementsOf(svg)[0]).toBe('svg');
  });

  test('has a title and a description with every value', () => {
    expect(svg).toContain('<title id="title">Example | &quot;quoted&quot;</title>');
    expect(svg).toMatch(/<desc id="description">[^<]*mapdirect 4\.00 us, C &amp; &lt;sons&gt; 2\.00 us/);
  });

  test('has text as text, no script and nothing from outside', () => {
    expect(svg).toContain('>C &amp; &lt;sons&gt;</text>');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/<script|https?:|@import|url\(|@font-face|href/);
  });

  test('has colours for a light and a dark page, and its own ground', () => {
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
    expect(svg).toContain('class="ground"');
  });

  test('longer bars are greater values, on a logarithmic scale', () => {
    const width = (label: string): number =>
      Number(new RegExp(`<rect [^>]*width="([\\d.]+)"[^>]*><title>${label}`).exec(svg)?.[1]);
    const [ours, rival, control] = [width('mapdirect'), width('C &amp; &lt;sons&gt;'), width('control')];
    expect(ours).toBeGreaterThan(rival);
    expect((ours - control) / (rival - control)).toBeCloseTo(Math.log(4000) / Math.log(2000), 1);
  });

  test('a value of zero has no bar, and an empty chart is still a picture', () => {
    const zero: BarChart = {
      ...chart,
      groups: [{ label: 'none', bars: [{ label: 'nothing', value: 0, shown: '0 ns', isOurs: true }] }],
    };
    expect(drawBarChart(zero)).not.toContain('class="ours"');
    elementsOf(drawBarChart(zero));
    elementsOf(drawBarChart({ ...chart, groups: [] }));
  });

  test('60 bars need at most 20 KB', () => {
    const { bars } = chart.groups[0]!;
    const groups = Array.from({ length: 20 }, (_, index) => ({ label: `group ${index}`, bars }));
    const large = drawBarChart({ ...chart, groups });
    expect(elementsOf(large).filter((name) => name === 'rect')).toHaveLength(61);
    expect(Buffer.byteLength(large)).toBeLessThan(20_000);
  });
});

test('drawPictures: one for each benchmark with a picture and a result', () => {
  const all = [benchmarkOf('one'), benchmarkOf('two'), { ...benchmarkOf('three'), picture: undefined }];
  expect([...drawPictures(all, [resultOf('one'), resultOf('three')]).keys()]).toEqual(['one.svg']);
});
