// In the guest: ibv_rc_pingpong without end. Arguments: PROGRAM [SERVER]. With SERVER: prints how each exchange ended.
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';

const [, , program = '', ...server] = process.argv;
/** GID 1 is that of the IPv4 address. */
const args = ['--gid-idx', '1', '--iters', '100', '--size', '4096', '--mtu', '4096', ...server];
/** Milliseconds. A host that is up refuses a connection at once while its program starts again. */
const LONGEST_REFUSAL = 2000;
const LONGEST = 10_000;

for (;;) {
  if (server.length === 0) {
    spawnSync(program, args);
    continue;
  }
  const started = Date.now();
  const { status } = spawnSync(program, args, { timeout: LONGEST, killSignal: 'SIGKILL' });
  const failure = Date.now() - started > LONGEST_REFUSAL ? 'silence' : 'refused';
  writeSync(1, `vm-pingpong: ${status === 0 ? 'done' : failure}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
}
