import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as library from '../../lib/index.js';
import * as rdma from '../../lib/rdma/index.js';
import { DIST } from '../support/paths.js';

const folder = join(DIST, 'lib');

// In a child: jest runs modules in a context of its own, which has no dynamic import.
test.each(['index', 'rdma/index'])('import and require of %s give the same names and the same objects', (entry) => {
  const script = `
    import { createRequire } from 'node:module';
    const esm = await import(${JSON.stringify(pathToFileURL(join(folder, `${entry}.mjs`)).href)});
    const cjs = createRequire(${JSON.stringify(join(folder, 'index.js'))})(${JSON.stringify(`./${entry}.js`)});
    const own = (names) => names.filter((name) => name !== 'default' && name !== 'module.exports' && name !== '__esModule').sort();
    const different = own(Object.keys(cjs)).filter((name) => esm[name] !== cjs[name]);
    console.log(JSON.stringify({ esm: own(Object.keys(esm)), cjs: own(Object.keys(cjs)), different }));`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(child.stderr).toBe('');
  const { esm, cjs, different } = JSON.parse(child.stdout) as { esm: string[]; cjs: string[]; different: string[] };
  expect(esm).toEqual(cjs);
  expect(different).toEqual([]);
});

test('the names are these', () => {
  expect(Object.keys(library).sort()).toEqual([
    'Mapping',
    'Pin',
    'Registration',
    'Seal',
    'WriterLock',
    'anonymous',
    'attach',
    'constants',
    'extents',
    'files',
    'map',
    'mapAsync',
    'mmap',
    'probe',
    'probeSync',
    'seals',
    'stats',
  ]);
});

test('the names of mapdirect/rdma are these', () => {
  expect(Object.keys(rdma).sort()).toEqual(['Endpoint', 'RdmaError', 'RemoteMemory', 'VerbsDomain', 'rdma']);
});
