// The examples in the help of doctor and bench run as they stand.
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { benchCommand } from '../../lib/cli/bench/command.js';
import { doctorCommand } from '../../lib/cli/doctor/command.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { CLI } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

/** A folder with data.bin, and one with the program `mapdirect` for PATH. */
function prepare(): { folder: string; bin: string } {
  const [folder, bin] = [scratch.path('folder'), scratch.path('bin')];
  for (const each of [folder, bin]) mkdirSync(each);
  writeFileSync(join(folder, 'data.bin'), Buffer.alloc(65536));
  writeFileSync(join(bin, 'mapdirect'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  chmodSync(join(bin, 'mapdirect'), 0o755);
  return { folder, bin };
}

describe.each([doctorCommand, benchCommand])('$name', ({ help }) => {
  const [, text = ''] = help.split('\nExamples\n');
  const lines = text.trimEnd().split('\n');

  test('has examples', () => {
    expect(lines.length).toBeGreaterThanOrEqual(3);
  });

  test.each(lines.map((line) => [line.trim()]))('%s', (line) => {
    const { folder, bin } = prepare();
    const env = { ...cleanEnvironment(), PATH: [bin, process.env['PATH']].join(delimiter) };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: folder, env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const made = readdirSync(folder).filter((name) => name !== 'data.bin');
    const [, redirected] = line.split(' > ');
    expect(made).toEqual(redirected === undefined ? [] : [redirected]);
    const said = redirected === undefined ? stdout : readFileSync(join(folder, redirected), 'utf8');
    expect(said).toMatch(redirected === undefined ? /\S/ : /^\{"schema":1,/);
  });
});
