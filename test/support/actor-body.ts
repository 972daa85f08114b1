// A worker thread or a child process that does the actions of its messages. See actors.ts.
import { parentPort } from 'node:worker_threads';
import { answer, type Request } from './actor-message.js';

if (parentPort !== null) {
  const port = parentPort;
  port.on('message', (request: Request) => void answer(request).then((said) => port.postMessage(said)));
} else {
  process.on('message', (request) => void answer(request as Request).then((said) => process.send?.(said)));
  process.on('disconnect', () => process.exit());
}
