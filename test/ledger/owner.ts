// The process that owns the memory of a session. Argument: 'worker' or 'main', the thread that has the mappings. It
// watches its own seals from another thread, and tells its parent what is wrong.
import { join } from 'node:path';
import { parentPort, Worker, isMainThread } from 'node:worker_threads';
import { answer, type Answer, type Request } from './holder.js';
import type { Wrong } from './watch.js';

function serveInWorker(): void {
  parentPort!.on('message', (request: Request) => void answer(request).then((said) => parentPort!.postMessage(said)));
}

function serve(): void {
  const tell = (message: Answer | Wrong): void => void process.send?.(message);
  const watch = new Worker(join(__dirname, 'watch.js'));
  watch.on('message', tell);
  watch.unref();
  const worker = process.argv[2] === 'worker' ? new Worker(__filename) : undefined;
  const heard = ({ said, path }: { said: Answer; path: string | undefined }): void => {
    const id = (said.value as { id?: number } | undefined)?.id;
    if (path !== undefined && id !== undefined) watch.postMessage({ path, id });
    tell(said);
  };
  // The path of each request that registers in a file which has locks.
  const paths = new Map<number, string>();
  worker?.on('message', (said: Answer) => heard({ said, path: paths.get(said.number) }));
  process.on('message', (request: Request & { path?: string; end?: 'terminate' | 'exit' }) => {
    if (request.end === 'exit') process.exit();
    if (request.end === 'terminate') {
      void worker?.terminate().then(() => tell({ number: request.number }));
      return;
    }
    const { path } = request;
    if (path !== undefined) paths.set(request.number, path);
    if (worker !== undefined) worker.postMessage(request);
    else void answer(request).then((said) => heard({ said, path }));
  });
  process.on('disconnect', () => process.exit());
}

if (isMainThread) serve();
else serveInWorker();
