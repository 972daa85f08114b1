// anonymous() under RLIMIT_FSIZE, which counts for memory too: an error with a remedy.
import assert from 'node:assert/strict';
import { anonymous } from '../../../lib/index.js';

assert.throws(() => anonymous(2 ** 20), { code: 'EFBIG', syscall: 'ftruncate', message: /RLIMIT_FSIZE/ });
anonymous(4096).close();
process.stdout.write('done\n');
