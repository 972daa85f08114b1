import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { skipUnless } from '../support/skip.js';
import { abiDifferences, compiler, SYSTEM, verbsHeader } from '../support/verbs-abi.js';

const hasCompiler = spawnSync(compiler, ['--version']).status === 0;

skipUnless(hasCompiler, 'no C++ compiler', 'apt-get install g++')
  .andUnless(existsSync(verbsHeader(SYSTEM)), `no ${verbsHeader(SYSTEM)}`, 'apt-get install libibverbs-dev')
  .describe('the binary interface of libibverbs', () => {
    test('verbs_abi.h agrees with the installed header in each offset, size and number', () => {
      expect(abiDifferences(SYSTEM)).toBe('');
    });
  });
