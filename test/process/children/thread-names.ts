// Starts the threads that need no hardware and no rights, and prints the names of all threads of the process.
import { readdirSync, readFileSync } from 'node:fs';
import { map } from '../../../lib/index.js';

const path = process.argv[2] ?? '';

/** The name of a thread; empty: it has ended meanwhile. */
function nameOf(task: string): string {
  try {
    return readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

async function main(): Promise<void> {
  const mapping = map(path);
  mapping.on('fault', () => undefined); // faults come through the thread of events
  const controller = new AbortController();
  const waiting = mapping.waitAsync(0, new Int32Array(mapping.arrayBuffer(0, 4))[0] ?? 0, {
    signal: controller.signal,
  });
  await mapping.persistAsync();
  await mapping.prefetch();
  const names = readdirSync('/proc/self/task').map(nameOf);
  process.stdout.write(
    `${[...new Set(names)]
      .filter((name) => name.startsWith('mapdirect'))
      .sort()
      .join()}\n`,
  );
  controller.abort();
  await waiting.catch(() => undefined);
  mapping.close();
}

void main();
