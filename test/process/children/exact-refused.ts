// Asks the package in ROOT for an exact trace, and prints the error. Arguments: ROOT.
import { join } from 'node:path';
import type * as Testing from '../../../lib/testing/index.js';

const [, , root = ''] = process.argv;
const { CrashSimulator } = require(join(root, 'dist', 'lib', 'testing', 'index.js')) as typeof Testing;
try {
  new CrashSimulator({ size: 4096, trace: 'exact' }).close();
  console.log(JSON.stringify({ message: 'no error' }));
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  console.log(JSON.stringify({ code, message }));
}
new CrashSimulator({ size: 4096 }).close();
