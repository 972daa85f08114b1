// mapdirect doctor: the screen, its JSON, and what scripts require.
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { guaranteeNames } from '../../lib/cli/doctor/require.js';
import { groupRemedies } from '../../lib/cli/doctor/report.js';
import { packageVersion } from '../../lib/cli/versions.js';
import { native } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { copyPackage, type AddonCopy } from '../support/package-copy.js';
import { CLI } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';
import { cli } from './run-cli.js';

const scratch = new Scratch();

interface Answers {
  readonly [name: string]: { readonly answer: unknown; readonly reason?: string; readonly remedy?: string };
}

interface Examined {
  readonly ok: boolean;
  readonly answers: Answers;
  readonly required: { readonly guarantee: string; readonly met: boolean; readonly by: string }[];
}

/** `mapdirect doctor ... --json` as a program of its own. */
function examined(args: readonly string[], env: Record<string, string> = {}, program = CLI) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'doctor', ...args, '--json'], {
    encoding: 'utf8',
    env: { ...cleanEnvironment(), ...env },
  });
  return { status, stderr, ...(JSON.parse(stdout) as Examined) };
}

/** The rows of the screen: label, sign and the first line of the text. */
function rows(stdout: string): { label: string; sign: string; text: string }[] {
  return Array.from(stdout.matchAll(/^ {2}(\S.{11}) ([ +?!-]) (\S.*)$/gm), ([, label = '', sign = '', text = '']) => ({
    label: label.trim(),
    sign,
    text,
  }));
}

describe('the screen', () => {
  native.test('fits a screen of 80 columns, and every row has its sign', async () => {
    const { code, stdout, stderr } = await cli(['doctor', scratch.dir]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.length > 79 && !line.includes(scratch.dir))).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(55); // 37 on ext4, 46 on an overlay
    expect(lines[0]).toContain(`mapdirect ${packageVersion()}, Node.js ${process.versions.node}, ${process.platform} `);
    expect(lines).toContain(scratch.dir);
    const found = rows(stdout);
    const labels = found.map(({ label }) => label);
    expect(labels).toEqual(expect.arrayContaining(['backend', 'flush', 'io_uring', 'RDMA', 'mappings', 'descriptors']));
    const ofPlace = ['file system', 'granularity', 'power loss', 'DAX', 'MAP_SYNC', 'MAP_DIRECT', '2 MiB pages'];
    expect(labels).toEqual(expect.arrayContaining([...ofPlace, 'extents', 'leases', 'seals', 'register()']));
    expect(found.find(({ label }) => label === 'backend')).toEqual({ label: 'backend', sign: '+', text: 'native' });
    for (const { sign, text } of found) {
      if (/^no\b/.test(text)) expect(sign).toBe('-');
      if (/^unknown\b/.test(text)) expect(sign).toBe('?');
      if (/^yes\b/.test(text)) expect(sign).toBe('+');
    }
  });

  test.each<[string, boolean, { isTTY: boolean; env: Record<string, string> }]>([
    ['a terminal', true, { isTTY: true, env: {} }],
    ['NO_COLOR', false, { isTTY: true, env: { NO_COLOR: '1' } }],
    ['no terminal', false, { isTTY: false, env: {} }],
  ])('colour: %s; the text is the same', async (_title, coloured, surroundings) => {
    const { stdout } = await cli(['doctor', scratch.dir], surroundings);
    const plain = await cli(['doctor', scratch.dir]);
    expect(stdout.includes('\x1b[')).toBe(coloured);
    const counted = /[\d,]+ in use/; // the areas of memory of this process change
    // eslint-disable-next-line no-control-regex
    expect(stdout.replace(/\x1b\[\d+m/g, '').replace(counted, '')).toBe(plain.stdout.replace(counted, ''));
  });

  test('the current directory without a PATH', async () => {
    expect((await cli(['doctor'])).stdout.split('\n')).toContain(process.cwd());
  });

  test('each remedy is printed once, for all that it helps', () => {
    const row = (label: string, remedy?: string) => ({ label, mark: 'absent', text: 'no', remedy }) as const;
    const found = groupRemedies([
      row('a', 'Mount it.'),
      row('b'),
      row('c', 'Mount it. Then wait.'),
      row('d', 'Buy it.'),
    ]);
    expect([...found]).toEqual([
      ['Mount it. Then wait.', ['a', 'c']],
      ['Buy it.', ['d']],
    ]);
  });
});

describe('--json', () => {
  test('the shape of schema 1', () => {
    const { status, stderr, ...json } = examined([scratch.dir, '--require', 'page']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const versions = {
      schema: 1,
      mapdirect: packageVersion(),
      runtime: `Node.js ${process.versions.node}`,
      kernel: expect.any(String),
    };
    expect(json).toEqual({
      ...versions,
      path: scratch.dir,
      answers: expect.any(Object),
      required: [{ guarantee: 'page', met: true, by: 'granularity' }],
      ok: true,
    });
    // A name that goes away, or gets another meaning, is a new schema.
    expect(Object.keys(json.answers).sort()).toEqual([
      'align',
      'backend',
      'dax',
      'extents',
      'fileSystem',
      'flush',
      'granularity',
      'hugePages',
      'ioUring',
      'leases',
      'limits',
      'mapCount',
      'mapDirect',
      'mapSync',
      'mount',
      'pageSize',
      'path',
      'persistenceDomain',
      'rdma',
      'rdmaDevices',
      'registration',
      'seals',
      'unsafeShutdowns',
    ]);
    for (const [name, { answer, ...sentences }] of Object.entries(json.answers)) {
      expect([name, ['string', 'number', 'object'].includes(typeof answer)]).toEqual([name, true]);
      for (const [key, sentence] of Object.entries(sentences)) {
        expect(['reason', 'remedy']).toContain(key);
        expect(sentence).toMatch(/\S/);
      }
    }
  });
});

describe('--require', () => {
  test.each(guaranteeNames)('%s: the exit code, the JSON and the answer agree', (guarantee) => {
    const { status, stderr, ok, answers, required } = examined([scratch.dir, '--require', guarantee]);
    const [{ met, by } = { met: undefined, by: '' }] = required;
    expect(required).toEqual([{ guarantee, met, by }]);
    expect({ ok, status, stderr }).toEqual(
      met === true
        ? { ok: true, status: 0, stderr: '' }
        : { ok: false, status: 1, stderr: `mapdirect doctor: not met: ${guarantee}\n` },
    );
    // Other answers, for instance 'page', meet some guarantees and not others.
    const { answer } = answers[by] ?? {};
    if (answer === 'no' || answer === 'unknown') expect(met).toBe(false);
    if (answer === 'yes') expect(met).toBe(true);
  });

  native.test('a list, and the option given twice; the screen says which are not met', async () => {
    const { code, stdout, stderr } = await cli([
      'doctor',
      scratch.dir,
      '--require',
      'native,page',
      '--require',
      'byte',
    ]);
    const granularity = (await cli(['doctor', scratch.dir, '--json'])).stdout;
    const isByte = (JSON.parse(granularity) as Examined).answers['granularity']?.answer === 'byte';
    expect([code, stderr]).toEqual(isByte ? [0, ''] : [1, 'mapdirect doctor: not met: byte\n']);
    const [, required = ''] = stdout.split('\nRequired\n');
    expect(rows(required).map(({ label, sign }) => [label, sign])).toEqual([
      ['native', '+'],
      ['page', '+'],
      ['byte', isByte ? '+' : '!'],
    ]);
  });

  test('on the emulation: page is met, native and cache-line are not', () => {
    const { status, required } = examined([scratch.dir, '--require', 'page,native,cache-line'], {
      MAPDIRECT_BACKEND: 'emulated',
    });
    expect(status).toBe(1);
    expect(required.map(({ met }) => met)).toEqual([true, false, false]);
  });

  test('a granularity that the environment forces meets nothing, and says nothing about power', () => {
    const { required, answers } = examined([scratch.dir, '--require', 'page,cache-line,byte,durable'], {
      MAPDIRECT_FORCE_GRANULARITY: 'byte',
    });
    expect(required.map(({ met }) => met)).toEqual([true, false, false, false]);
    expect(answers['persistenceDomain']).toMatchObject({ answer: 'unknown', reason: expect.stringMatching(/forced/) });
  });

  test.each<[string, RegExp, string[]]>([
    ['a word that is none', /takes native, page, .*not 'natve'\. Did you mean 'native'\?/, ['--require', 'page,natve']],
    ['no word', /Option '--require' needs a value/, ['--require']],
    ['an empty word', /not ''/, ['--require', 'page,']],
    ['a word too many', /Unexpected argument 'more'/, ['.', 'more']],
  ])('%s: usage', async (_title, message, args) => {
    const { code, stdout, stderr } = await cli(['doctor', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});

describe('the backend', () => {
  /** The exit code, the answers and the screen of a copy of the package. */
  function inCopy(addon: AddonCopy, env: Record<string, string> = {}) {
    const program = join(copyPackage(scratch, addon), 'dist', 'lib', 'cli', 'main.js');
    const options = { encoding: 'utf8', env: { ...cleanEnvironment(), ...env } } as const;
    const { stdout } = spawnSync(process.execPath, [program, 'doctor', scratch.dir], options);
    return { ...examined([scratch.dir, '--require', 'page'], env, program), stdout };
  }

  native.test('without a binary: the emulation, a fault with a remedy', () => {
    const { status, answers, stdout } = inCopy('none');
    expect(status).toBe(0);
    expect(answers['backend']).toEqual({
      answer: 'emulated',
      reason: expect.stringMatching(/No native binary/),
      remedy: expect.stringMatching(/install\.js/),
    });
    expect(stdout).toMatch(/^ {2}backend {6}! emulated/m);
    expect(stdout).toMatch(/^To change it\n {2}- backend/m);
  });

  native.test('a binary that does not load is an answer: nothing can be mapped', () => {
    const { status, answers, stdout } = inCopy('garbage');
    expect(status).toBe(1);
    expect(answers['backend']).toEqual({ answer: 'no', reason: expect.stringMatching(/does not load/) });
    for (const name of ['granularity', 'seals'])
      expect(answers[name]).toEqual({ answer: 'no', reason: expect.stringMatching(/Without a backend/) });
    expect(answers['dax']?.answer).toBe('unknown');
    expect(stdout).toMatch(/^ {2}backend {6}! no: /m);
  });

  native.test('MAPDIRECT_BACKEND=native without a binary: nothing can be mapped', () => {
    const { status, answers } = inCopy('none', { MAPDIRECT_BACKEND: 'native' });
    expect(status).toBe(1);
    expect(answers['backend']).toMatchObject({
      answer: 'no',
      reason: expect.stringMatching(/MAPDIRECT_BACKEND=native/),
    });
  });

  test('MAPDIRECT_BACKEND=emulated is a wish, and no fault', () => {
    const { stdout } = spawnSync(process.execPath, [CLI, 'doctor'], {
      encoding: 'utf8',
      env: { ...cleanEnvironment(), MAPDIRECT_BACKEND: 'emulated' },
    });
    expect(rows(stdout).filter(({ sign }) => sign === '!')).toEqual([]);
    expect(stdout).toMatch(/^ {2}backend {6}- emulated: MAPDIRECT_BACKEND asks for it/m);
  });
});

test.each<[string, RegExp, string]>([
  [
    'a path without a directory',
    /ENOENT.*neither the file nor its directory exists/,
    join(scratch.path('none'), 'file'),
  ],
  ['a device that is not opened', /ENODEV/, '/dev/null'],
])('%s: exit code 1', async (_title, message, path) => {
  const { code, stdout, stderr } = await cli(['doctor', path]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(message);
});

test('--help', async () => {
  const { code, stdout } = await cli(['doctor', '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Usage: mapdirect doctor [PATH]');
  for (const word of guaranteeNames) expect(stdout).toContain(word);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});
