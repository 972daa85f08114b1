// Is libibverbs loaded before it is asked for, and what is told where it is missing or has no device?
import { readFileSync } from 'node:fs';
import { anonymous } from '../../../lib/index.js';
import { rdma, VerbsDomain } from '../../../lib/rdma/index.js';

function isLoaded(): boolean {
  return readFileSync('/proc/self/maps', 'latin1').includes('libibverbs');
}

function codeOf(call: () => unknown): string {
  try {
    call();
    return 'none';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

anonymous(4096).close();
const before = isLoaded();
const codes = {
  option: codeOf(() => VerbsDomain.open({ prot: 1 } as never)),
  port: codeOf(() => VerbsDomain.open({ port: 0 })),
  name: codeOf(() => VerbsDomain.open(7 as never)),
};
const afterMisuse = isLoaded();
const devices = rdma.devices().length;
const { unavailable } = rdma;
const open = codeOf(() => VerbsDomain.open());
const named = codeOf(() => VerbsDomain.open('no-such-device'));
console.log(JSON.stringify({ before, afterMisuse, codes, devices, unavailable, open, named, after: isLoaded() }));
