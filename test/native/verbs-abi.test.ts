import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../support/paths.js';
import { skipUnless } from '../support/skip.js';

const HEADER = '/usr/include/infiniband/verbs.h';
const compiler = process.env['CXX'] ?? 'c++';
const hasCompiler = spawnSync(compiler, ['--version']).status === 0;

/** rdma-core 45 and later. */
const flush = existsSync(HEADER) && readFileSync(HEADER, 'utf8').includes('ibv_wr_flush') ? ['-DWITH_FLUSH'] : [];

skipUnless(hasCompiler, 'no C++ compiler', 'apt-get install g++')
  .andUnless(existsSync(HEADER), `no ${HEADER}`, 'apt-get install libibverbs-dev')
  .describe('the binary interface of libibverbs', () => {
    test('verbs_abi.h agrees with the installed header in each offset, size and number', () => {
      const { stderr } = spawnSync(
        compiler,
        [
          '-std=c++17',
          '-fsyntax-only',
          '-Wno-invalid-offsetof',
          ...flush,
          `-I${join(ROOT, 'src-native')}`,
          join(ROOT, 'test/native/verbs_abi_check.cc'),
        ],
        { encoding: 'utf8' },
      );
      expect(stderr).toBe('');
    });
  });
