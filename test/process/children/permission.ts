// Under Node's permission model, with --allow-addons: every call that opens a file by its path. Argument: the folder.
// Prints the result of each call as one line of JSON.
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { extents, files, map, mapAsync, probe, probeSync, seals } from '../../../lib/index.js';

const [folder = ''] = process.argv.slice(2);

const calls: Readonly<Record<string, () => unknown>> = {
  map: () => map(join(folder, 'f')).close(),
  'map read': () => map(join(folder, 'f'), { access: 'read' }).close(),
  'map create': () => map(join(folder, 'new'), { create: true, size: 4096 }).close(),
  'map a file that is not there': () => map(join(folder, 'none')),
  mapAsync: async () => (await mapAsync(join(folder, 'f'))).close(),
  'mapAsync create': async () => (await mapAsync(join(folder, 'newer'), { create: true, size: 4096 })).close(),
  'map direct': () => map(join(folder, 'f'), { direct: 'require' }).close(),
  extents: () => void extents(join(folder, 'f')),
  'seals.isSealed': () => void seals.isSealed(join(folder, 'f')),
  'seals.requestBreak': () => seals.requestBreak(join(folder, 'f')),
  probeSync: () => void probeSync(join(folder, 'f')),
  'probe of a folder': async () => (await probe(folder)).mapSync.answer,
  'files.open': () => closeSync(files.open(join(folder, 'f'), 'r+')),
  'files.truncate': () => files.truncate(join(folder, 'f'), 65536),
  'files.append': () => files.append(join(folder, 'f'), Buffer.alloc(0)),
};

async function outcome(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'done';
  } catch (error) {
    const { code, permission, resource } = error as { code?: string; permission?: string; resource?: string };
    return [code ?? String(error), permission, resource?.replace(folder, 'FOLDER')]
      .filter((part) => part !== undefined)
      .join(' ');
  }
}

async function main(): Promise<void> {
  const outcomes: Record<string, string> = {};
  for (const [name, call] of Object.entries(calls)) outcomes[name] = await outcome(call);
  process.stdout.write(JSON.stringify(outcomes));
}
void main();
