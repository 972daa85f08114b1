// Ends this process, one way or another, with live mappings of every kind, a pin and a running flush.
import { anonymous, map } from '../../../lib/index.js';

const [path = '', how] = process.argv.slice(2);
const kept = [map(path), map(path, { access: 'read' }), map(path, { access: 'copy' }), anonymous(65536)];
for (const mapping of kept) mapping.buffer[0] = 1;
kept[0]?.pin();
const flush = kept[0]?.persistAsync();
flush?.catch(() => undefined);
process.stdout.write('done\n');
if (how === 'exit') process.exit(3);
if (how === 'throw') throw new Error('nobody catches this');
if (how === 'reject') void Promise.reject(new Error('nobody catches this'));
