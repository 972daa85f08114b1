// Maps a file in a runtime that forbids external memory. Prints the result of each step as one line of JSON.
import type * as Package from '../../../lib/index.js';

const [root = '', path = ''] = process.argv.slice(2);
const { map } = require(root) as typeof Package;

function codeOf(step: () => unknown): unknown {
  try {
    return step();
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return { code, message };
  }
}

const mapping = map(path, { backend: 'native' });
const results = {
  view: codeOf(() => mapping.view(0, 16)),
  arrayBuffer: codeOf(() => mapping.arrayBuffer(0, 16)),
  write: codeOf(() => mapping.write(Buffer.from('hello'), 0)),
  persist: codeOf(() => mapping.persist(0, 5)),
  emulated: codeOf(() => {
    const emulated = map(path, { backend: 'emulated' });
    const text = emulated.view(0, 5).toString();
    emulated.close();
    return text;
  }),
};
mapping.close();
process.stdout.write(JSON.stringify(results));
