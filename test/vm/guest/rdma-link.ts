// In the guest: a soft RoCE device, rxe0, on the loopback interface or the one of the argument.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const STATE = '/sys/class/infiniband/rxe0/ports/1/state';
const LATEST = 30_000;

const [, , netdev = 'lo'] = process.argv;
execFileSync('rdma', ['link', 'add', 'rxe0', 'type', 'rxe', 'netdev', netdev], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
const late = Date.now() + LATEST;
while (!fs.readFileSync(STATE, 'latin1').includes('ACTIVE')) {
  if (Date.now() > late) throw new Error(`rxe0 on ${netdev} is not active: ${fs.readFileSync(STATE, 'latin1')}`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}
