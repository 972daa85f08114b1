// A store through the emulation, and then the end of the process, without close().
import { readFileSync } from 'node:fs';
import { map } from '../../../lib/index.js';

const [path = '', how] = process.argv.slice(2);
const mapping = map(path, { backend: 'emulated' });
mapping.buffer.write('persisted');
mapping.persist();
mapping.buffer.write('stored', 100);
if (readFileSync(path, 'latin1').slice(100, 106) === 'stored')
  throw new Error('it was there too early: the test shows nothing');
process.stdout.write('done\n', () => {
  if (how === 'exit') process.exit(0);
  if (how === 'kill') process.kill(process.pid, 'SIGKILL');
});
