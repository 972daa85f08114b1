// examples/hot-reload
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describeBackends } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { DIST } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';
import { exampleFile, runProgram } from './run-program.js';

const scratch = new Scratch();

describeBackends('workers and a file that is replaced', (backend) => {
  const env = { MAPDIRECT_BACKEND: backend };

  test('each worker answers from each version, and from one at a time', () => {
    const line = (worker: number): string =>
      `worker ${worker} answered from versions 1 2 3 4 5 6 7 8, 0 mixed answers\n`;
    expect(runProgram('hot-reload', 'main.mjs', ['3', '8'], env)).toEqual({
      status: 0,
      stdout: [0, 1, 2].map(line).join(''),
      stderr: '',
    });
  });

  test('a version that is not good is refused, the old one goes on, and the next good one is taken', () => {
    const code = `import { writeFileSync, rmSync } from 'node:fs';
      import { publish, ReloadingFile } from ${JSON.stringify(exampleFile('hot-reload', 'reloading-file.mjs'))};
      import { stats } from ${JSON.stringify(join(DIST, 'lib', 'index.mjs'))};
      const path = ${JSON.stringify(scratch.path('data'))};
      const generation = new Int32Array(new SharedArrayBuffer(4));
      const check = (mapping) => { if (mapping.length < 4) throw new Error('too short'); };
      const say = () => console.log(file.current().view().toString(), file.refused?.message.split(':')[0]);
      publish(path, 'version 1', generation);
      const file = new ReloadingFile(path, generation, check);
      say();
      publish(path, 'v2', generation);
      say();
      publish(path, 'version 3', generation);
      say();
      rmSync(path);
      Atomics.add(generation, 0, 1);
      say();
      publish(path, 'version 5', generation);
      say();
      console.log(stats().mappings);
      file.close();`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      env: { ...cleanEnvironment(), ...env },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'version 1 undefined',
      'version 1 too short',
      'version 3 undefined',
      'version 3 ENOENT',
      'version 5 undefined',
      '1',
      '',
    ]);
  });
});

test.each([
  [['0'], "WORKERS must be a whole number from 1 to 32, not '0'\n"],
  [['1', 'many'], "VERSIONS must be a whole number from 1 to 32, not 'many'\n"],
])('%j is refused with a sentence', (args, stderr) => {
  expect(runProgram('hot-reload', 'main.mjs', args)).toEqual({ status: 2, stdout: '', stderr });
});
