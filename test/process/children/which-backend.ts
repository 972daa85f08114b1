// Prints the backend of a copy of the package as one line of JSON.
import { readFileSync } from 'node:fs';
import type * as Package from '../../../lib/index.js';

const [root = '', path = '', backend] = process.argv.slice(2);
const { map } = require(root) as typeof Package;

interface Answer {
  backend?: string;
  error?: { code: string | undefined; message: string; cause: boolean };
  warnings: (string | undefined)[];
}

const answer: Answer = { warnings: [] };
process.on('warning', (warning: Error & { code?: string }) => answer.warnings.push(warning.code));

for (let round = 0; round < 3; round++) {
  try {
    const mapping = map(path, backend === undefined ? {} : { backend: backend as 'native' });
    mapping.buffer.write('stored');
    mapping.persist();
    answer.backend = mapping.durability.backend;
    mapping.close();
    if (readFileSync(path, 'latin1').slice(0, 6) !== 'stored') throw new Error('the store did not reach the file');
  } catch (error) {
    const { code, message, cause } = error as Error & { code?: string };
    answer.error = { code, message, cause: cause instanceof Error };
  }
}
setImmediate(() => process.stdout.write(JSON.stringify(answer)));
