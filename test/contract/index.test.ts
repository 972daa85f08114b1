import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import mmapIo, * as mmapIoNames from '../../lib/compat/mmap-io/index.js';
import * as library from '../../lib/index.js';
import * as rdma from '../../lib/rdma/index.js';
import * as testing from '../../lib/testing/index.js';
import { DIST } from '../support/paths.js';

const folder = join(DIST, 'lib');

// In a child: jest runs modules in a context of its own, which has no dynamic import.
test.each(['index', 'rdma/index', 'testing/index', 'compat/mmap-io/index'])(
  'import and require of %s give the same names and the same objects',
  (entry) => {
    const script = `
    import { createRequire } from 'node:module';
    const esm = await import(${JSON.stringify(pathToFileURL(join(folder, `${entry}.mjs`)).href)});
    const cjs = createRequire(${JSON.stringify(join(folder, 'index.js'))})(${JSON.stringify(`./${entry}.js`)});
    const own = (names) => names.filter((name) => name !== 'default' && name !== 'module.exports' && name !== '__esModule').sort();
    const different = [...own(Object.keys(cjs)), 'default'].filter((name) => esm[name] !== cjs[name]);
    console.log(JSON.stringify({ esm: own(Object.keys(esm)), cjs: own(Object.keys(cjs)), different }));`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(child.stderr).toBe('');
    const { esm, cjs, different } = JSON.parse(child.stdout) as { esm: string[]; cjs: string[]; different: string[] };
    expect(esm).toEqual(cjs);
    expect(different).toEqual([]);
  },
);

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

test('the names of mapdirect/testing are these', () => {
  expect(Object.keys(testing).sort()).toEqual(['CrashReport', 'CrashSimulator', 'checkCrashes']);
});

test('the names of mapdirect/compat/mmap-io are these, also in its default export, and none can be replaced', () => {
  const names = [
    'MADV_DONTNEED',
    'MADV_NORMAL',
    'MADV_RANDOM',
    'MADV_SEQUENTIAL',
    'MADV_WILLNEED',
    'MAP_NONBLOCK',
    'MAP_POPULATE',
    'MAP_PRIVATE',
    'MAP_SHARED',
    'PAGESIZE',
    'PROT_EXEC',
    'PROT_NONE',
    'PROT_READ',
    'PROT_WRITE',
    'advise',
    'incore',
    'map',
    'sync',
    'unmap',
  ];
  expect(Object.keys(mmapIo).sort()).toEqual(names);
  expect({ ...mmapIoNames }).toEqual({ ...mmapIo, default: mmapIo });
  for (const owner of [mmapIo, mmapIoNames]) expect(Reflect.set(owner, 'PAGESIZE', 47)).toBe(false);
  expect(Object.isFrozen(mmapIo)).toBe(true);
});
