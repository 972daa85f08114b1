import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { compile } from '../support/compile.js';
import { Scratch } from '../support/scratch.js';
import { ROOT } from '../support/paths.js';
import { skipFor } from '../support/skip.js';

const scratch = new Scratch();
const program = scratch.path('ranges_check');
const sources = [
  'test/native/ranges_check.cc',
  'src-native/memory/ranges.cc',
  'src-native/memory/placeholder.cc',
  'src-native/memory/fault_log.cc',
  'src-native/memory/unmap_batch.cc',
].map((source) => join(ROOT, source));

/** The reason, with the remedy, why the checks cannot be compiled here; undefined: they can. */
function missing(): string | undefined {
  if (process.platform !== 'linux') return 'the native code is for Linux: run the tests there';
  const flags = ['-std=c++17', '-O1', '-pthread', '-D_GNU_SOURCE', `-I${join(ROOT, 'src-native')}`];
  return compile('c++', [...flags, '-o', program, ...sources]);
}

skipFor(missing()).describe('the table of ranges, checked in C++', () => {
  test.each([
    ['close', 'at vm.max_map_count close() says that the memory is still mapped, and can be called again'],
    ['drop', 'at vm.max_map_count memory without users keeps its slot until it is unmapped'],
    ['end', 'at vm.max_map_count a range of an environment that has ended names no descriptor'],
    ['together', 'placeholders that lose their users one after the other are all unmapped in the end'],
    ['kept', 'addresses that stay for ever keep no other placeholder'],
    ['tenants', 'an address in no range is never claimed while slots change their tenants'],
  ])('%s: %s', (check) => {
    const { status, signal, stdout } = spawnSync(program, [check, scratch.file(3 * 4096)], { encoding: 'utf8' });
    expect({ status, signal, stdout }).toEqual({ status: 0, signal: null, stdout: 'done\n' });
  });
});
