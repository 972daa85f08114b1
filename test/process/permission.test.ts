import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { NODE_MAJOR } from '../support/skip.js';
import { ROOT } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

const PERMISSION = NODE_MAJOR < 23 ? '--experimental-permission' : '--permission';

let count = 0;

/** The results of the calls of a child in a folder of its own for which it has these rights. */
async function outcomes(rights: ReadonlyArray<'read' | 'write'>): Promise<Record<string, string>> {
  const folder = join(scratch.dir, `folder-${++count}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'f'), Buffer.alloc(65536));
  const allowed = [
    `--allow-fs-read=${join(ROOT, '*')}`,
    ...rights.map((right) => `--allow-fs-${right}=${join(folder, '*')}`),
  ];
  const { stdout, stderr, ...ended } = await runChild('permission', [folder], {
    nodeArgs: ['--no-warnings', PERMISSION, '--allow-addons', ...allowed],
  });
  expect({ ...ended, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return JSON.parse(stdout) as Record<string, string>;
}

const READ = 'ERR_ACCESS_DENIED FileSystemRead FOLDER';
const WRITE = 'ERR_ACCESS_DENIED FileSystemWrite FOLDER';

native.describe("with --allow-addons, Node's permission model", () => {
  test('lets everything through in a folder that may be read and written', async () => {
    const { 'map a file that is not there': none, ...others } = await outcomes(['read', 'write']);
    expect(none).toBe('ENOENT');
    expect(new Set(Object.values(others))).toEqual(new Set(['done']));
    expect(Object.keys(others)).toHaveLength(14);
  });

  test('lets nothing write in a folder that may be read only', async () => {
    expect(await outcomes(['read'])).toEqual({
      map: `${WRITE}/f`,
      'map read': 'done',
      'map create': `${WRITE}/new`,
      'map a file that is not there': `${WRITE}/none`,
      mapAsync: `${WRITE}/f`,
      'mapAsync create': `${WRITE}/newer`,
      'map direct': `${WRITE}/f`,
      extents: 'done',
      'seals.isSealed': 'done',
      'seals.requestBreak': 'done',
      probeSync: 'done',
      'probe of a folder': 'done', // without the scratch file: its answers are 'unknown'
      'files.open': `${WRITE}/f`,
      'files.truncate': `${WRITE}/f`,
      'files.append': `${WRITE}/f`,
    });
  });

  test('lets nothing through in any other folder', async () => {
    const { 'files.append': append, ...others } = await outcomes([]);
    expect(append).toBe(`${WRITE}/f`); // node:fs itself asks for that first
    for (const [name, outcome] of Object.entries(others))
      expect([name, outcome]).toEqual([name, expect.stringMatching(new RegExp(`^${READ}`))]);
  });

  test('asks nothing of a directory, where a file that may be made is the only one allowed', async () => {
    const path = join(scratch.dir, 'the-only-one');
    const code = `require(${JSON.stringify(ROOT)}).map(${JSON.stringify(path)}, { create: true, size: 4096, backend: 'native' }).close(); process.stdout.write('done\\n')`;
    const allowed = [`--allow-fs-read=${join(ROOT, '*')}`, `--allow-fs-read=${path}`, `--allow-fs-write=${path}`];
    const nodeArgs = ['--no-warnings', PERMISSION, '--allow-addons', ...allowed, '-e', code];
    expect(await runChild('permission', [], { nodeArgs })).toEqual({
      code: 0,
      signal: null,
      stdout: 'done\n',
      stderr: '',
    });
  });

  test('leaves a descriptor that is open alone, as node:fs does', async () => {
    const path = join(scratch.dir, 'inherited');
    writeFileSync(path, Buffer.alloc(4096));
    const fd = openSync(path, 'r');
    const code = `require(${JSON.stringify(ROOT)}).map(3, { access: 'read', backend: 'native' }).close(); process.stdout.write('done\\n')`;
    const nodeArgs = ['--no-warnings', PERMISSION, '--allow-addons', `--allow-fs-read=${join(ROOT, '*')}`, '-e', code];
    expect(await runChild('permission', [], { nodeArgs, inherit: [fd] })).toEqual({
      code: 0,
      signal: null,
      stdout: 'done\n',
      stderr: '',
    });
    closeSync(fd);
  });
});
