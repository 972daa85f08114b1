import { describe, expect, test } from '@jest/globals';
import { HELP, parseOptions, UsageError } from '../../../bench/options.js';
import { committedReport } from '../../../bench/paths.js';

test('without arguments: everything, a full run', () => {
  const options = parseOptions([]);
  expect(options).toMatchObject({ terms: [], effort: 'full', report: false, render: false, list: false, help: false });
  expect([options.rounds, options.json, options.compare]).toEqual([undefined, undefined, undefined]);
});

test('terms and options in any order', () => {
  const options = parseOptions(['touch', '--quick', '--rounds', '3', '60,000', '--json', 'out.json']);
  expect(options).toMatchObject({ terms: ['touch', '60,000'], effort: 'quick', rounds: 3, json: 'out.json' });
});

test('--compare reads the committed report, and the next argument stays a term', () => {
  expect(parseOptions(['--compare', 'touch'])).toMatchObject({ compare: committedReport, terms: ['touch'] });
  expect(parseOptions(['--compare=before.json'])).toMatchObject({ compare: 'before.json', terms: [] });
});

describe('a usage error', () => {
  test.each([
    [['--rounds', '0']],
    [['--rounds', 'many']],
    [['--rounds']],
    [['--json']],
    [['--fast']],
    [['--report', '--quick']],
    [['--render', 'touch']],
  ])('%j', (args) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
  });
});

test('the help names every option', () => {
  for (const option of ['quick', 'rounds', 'json', 'compare', 'report', 'render', 'list', 'help'])
    expect(HELP).toMatch(new RegExp(`^  --${option}\\b`, 'm'));
});
