// Every call that takes a URL or a signal, or waits, where the global object is not Node's own, as in
// jest-environment-jsdom. Argument: the backend.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const backend = process.argv[2] as 'native' | 'emulated';
process.env['MAPDIRECT_BACKEND'] = backend;

const { signal } = new AbortController();
const aborted = AbortSignal.abort(new Error('the reason'));
/** A signal of a library that knows no throwIfAborted(). */
const plain = {
  aborted: true,
  reason: new Error('the reason'),
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
} as unknown as AbortSignal;

for (const name of ['structuredClone', 'setImmediate', 'clearImmediate']) Reflect.deleteProperty(globalThis, name);
Object.assign(globalThis, {
  setTimeout: () => 1, // a number, as browsers have it; and it never comes
  clearTimeout: () => undefined,
  URL: class URL {},
  AbortSignal: class AbortSignal {},
});

async function rejected(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: Error) => error.message,
  );
}

function expectEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${String(actual)} instead of ${String(expected)}`);
}

async function main(path: string): Promise<void> {
  const { extents, files, map, mapAsync, probe, seals } = await import('../../../lib/index.js');
  const url = pathToFileURL(path);
  const mapping = await mapAsync(url, { signal });
  const view = mapping.view(0, 16);
  view[0] = 1;
  await mapping.persistAsync(0, 16, { signal });
  for (const given of [aborted, plain]) {
    expectEqual(await rejected(mapping.persistAsync(0, 16, { signal: given })), 'the reason');
    expectEqual(await rejected(mapAsync(url, { signal: given })), 'the reason');
  }
  mapping.close();
  expectEqual(view.length, 0);
  expectEqual(seals.isSealed(url), false);
  expectEqual((await probe(url)).path.answer, path);
  if (backend === 'native') expectEqual(extents(url).length > 0, true);

  const sealed = map(url, { direct: { policy: 'breakable', deadline: 50 } });
  await seals.requestBreak(url);
  expectEqual(sealed.seals[0]?.state, 'broken');
  sealed.close();
  files.append(url, Buffer.from('x'));
  files.append(new Uint8Array(Buffer.from(path)) as Buffer, Buffer.from('x')); // node:fs takes it, its types do not
}

const folder = mkdtempSync(join(tmpdir(), 'mapdirect-globals-'));
const path = join(folder, 'f');
writeFileSync(path, Buffer.alloc(65536));
// Until it is done something must keep the process alive: nothing of the package does.
void sleep(60_000, undefined, { ref: true });
main(path)
  .then(
    () => process.stdout.write('done\n'),
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    },
  )
  .finally(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  });
