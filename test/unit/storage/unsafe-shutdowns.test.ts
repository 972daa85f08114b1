import { beforeEach, expect, test } from '@jest/globals';
import { dimmsOf } from '../../../lib/storage/unsafe-shutdowns.js';
import { Scratch } from '../../support/scratch.js';
import { SysTree } from '../../support/sys-tree.js';

const scratch = new Scratch();
let sys: SysTree;

beforeEach(() => {
  sys = new SysTree(scratch);
});

function region(name: string, ...mappings: readonly string[]): { path: string; domain: undefined } {
  const path = `bus/nd/devices/${name}`;
  sys.file(`${path}/mappings`, `${mappings.length}\n`);
  mappings.forEach((text, i) => sys.file(`${path}/mapping${i}`, `${text}\n`));
  return { path: `${sys.root}/${path}`, domain: undefined };
}

test.each(['nfit', 'papr', 'cxl'])('the count of a module of the driver %s', (driver) => {
  sys.file(`bus/nd/devices/nmem0/${driver}/dirty_shutdown`, '7\n');
  expect(dimmsOf([region('region0', 'nmem0,0,536870912,0')], sys.root)).toEqual([
    { name: 'nmem0', unsafeShutdowns: 7 },
  ]);
});

test('the modules of all regions, each once; one without a count says undefined', () => {
  sys.file('bus/nd/devices/nmem0/nfit/dirty_shutdown', '0\n');
  sys.file('bus/nd/devices/nmem1/nfit/flags', 'not_armed\n');
  const regions = [region('region0', 'nmem0,0,1,0', 'nmem1,0,1,1'), region('region1', 'nmem0,1,1,0')];
  expect(dimmsOf(regions, sys.root)).toEqual([
    { name: 'nmem0', unsafeShutdowns: 0 },
    { name: 'nmem1', unsafeShutdowns: undefined },
  ]);
});

test('a region without modules, a part that is not persistent memory, and no region', () => {
  expect(dimmsOf([region('region0'), { path: undefined, domain: undefined }], sys.root)).toEqual([]);
  expect(dimmsOf([], sys.root)).toEqual([]);
});
