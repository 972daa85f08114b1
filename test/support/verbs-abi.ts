import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

export const compiler = process.env['CXX'] ?? 'c++';

/** Where compilers look by themselves. */
export const SYSTEM = '/usr/include';

/** The header of libibverbs in a directory for the compiler. */
export function verbsHeader(include: string): string {
  return join(include, 'infiniband/verbs.h');
}

/** The differences between src-native/rdma/verbs_abi.h and the header of libibverbs, as the compiler reports them. */
export function abiDifferences(include: string): string {
  const header = verbsHeader(include);
  const hasFlush = existsSync(header) && readFileSync(header, 'utf8').includes('ibv_wr_flush'); // rdma-core 45 and later
  const args = ['-std=c++17', '-fsyntax-only', '-Wno-invalid-offsetof'];
  if (include !== SYSTEM) args.push('-isystem', include); // else #include_next would miss the C library
  if (hasFlush) args.push('-DWITH_FLUSH');
  args.push(`-I${join(ROOT, 'src-native')}`, join(ROOT, 'test/native/verbs_abi_check.cc'));
  const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
  return error?.message ?? (status === 0 ? stderr : `status ${status}: ${stderr}`);
}
