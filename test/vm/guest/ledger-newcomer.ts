// The next user of a sealed file. It waits for the end of the lock without a pause, and stores over the whole file at
// once. Argument: the path.
import fs from 'node:fs';
import { selectBackend } from '../../../lib/backend/select.js';
import { map } from '../../../lib/index.js';
import { OF_STRANGER } from '../../ledger/arena.js';

export type Heard = 'watch' | 'look';
export interface Told {
  readonly name: 'ready' | 'watching' | 'taken' | 'seen';
  /** Bytes that are not of this process. */
  readonly foreign: number;
}

const [, , path = ''] = process.argv;
const { files } = selectBackend('native');
// The file is open before it is sealed, so its seals have no lease.
const fd = fs.openSync(path, 'r+');
const { buffer } = map(path);
const own = OF_STRANGER.charCodeAt(0);
const tell = (name: Told['name'], foreign = 0): void => void process.send?.({ name, foreign } satisfies Told);

function isSealed(): boolean {
  return files.findLock(fd, 'sealed', path) !== undefined;
}

process.on('message', (message: Heard) => {
  if (message === 'look') {
    tell(
      'seen',
      buffer.reduce((count, byte) => count + (byte === own ? 0 : 1), 0),
    );
    return;
  }
  if (!isSealed()) throw new Error('the file is not sealed');
  tell('watching');
  setImmediate(() => {
    while (isSealed());
    buffer.fill(own);
    tell('taken');
  });
});
process.on('disconnect', () => process.exit());
tell('ready');
