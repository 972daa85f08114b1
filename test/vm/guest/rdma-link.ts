// In the guest: a soft RoCE device, rxe0. Arguments: none for the loopback interface, or NETDEV ADDRESS.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const STATE = '/sys/class/infiniband/rxe0/ports/1/state';
const LATEST = 30_000;
/** Room for RoCE's packets of 4096 bytes with their headers. */
const MTU = '5000';

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

const [, , netdev = 'lo', address] = process.argv;
if (address !== undefined) {
  run('ip', 'link', 'set', netdev, 'mtu', MTU, 'up');
  run('ip', 'address', 'add', `${address}/24`, 'dev', netdev);
}
run('rdma', 'link', 'add', 'rxe0', 'type', 'rxe', 'netdev', netdev);
const late = Date.now() + LATEST;
while (!fs.readFileSync(STATE, 'latin1').includes('ACTIVE')) {
  if (Date.now() > late) throw new Error(`rxe0 on ${netdev} is not active: ${fs.readFileSync(STATE, 'latin1')}`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}
