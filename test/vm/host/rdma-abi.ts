import { abiDifferences, SYSTEM } from '../../support/verbs-abi.js';
import { newerHeaders } from './rdma.js';
import type { Totals } from './report.js';

/** Compares our header of libibverbs with that of this machine and that of the newer library. @throws Missing */
export function compareAbi(totals: Totals, say: (line: string) => void): void {
  for (const include of [SYSTEM, newerHeaders()]) {
    const differences = abiDifferences(include);
    totals.judge(differences === '');
    say(`verbs_abi.h and ${include}: ${differences === '' ? 'passed' : `FAILED: ${differences}`}`);
  }
}
