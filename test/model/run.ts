import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { constants } from '../../lib/index.js';
import type { BackendUnderTest } from '../support/backends.js';
import { commands } from './commands.js';
import { ModelDisk } from './model-disk.js';
import { ModelFile } from './model-file.js';
import { makePlace, type Place, type PlaceName } from './place.js';
import type { Model, Real } from './state.js';
import { Stranger } from './stranger.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const MOST_COMMANDS = 40;
const MOST_WAIT_MS = 20_000;

/** A new file, and a model of it. */
function start(
  backend: BackendUnderTest,
  place: Place,
  stranger: Stranger,
  path: string,
): { model: Model; real: Real } {
  const bytes = Buffer.from(Array.from({ length: LENGTH }, (_, i) => i % 251));
  writeFileSync(path, bytes);
  const disk = new ModelDisk(place.pages, place.readsAllocate);
  return {
    model: { backend, file: new ModelFile(bytes, disk), mappings: [], writer: 'nobody' },
    real: {
      path,
      place,
      stranger,
      mappings: [],
      pins: new Map(),
      losses: new Map(),
      seal: undefined,
      violations: 0,
      lock: undefined,
    },
  };
}

async function end({ model, real }: { model: Model; real: Real }): Promise<void> {
  const { path, place, stranger, pins, mappings, lock } = real;
  if (model.file.disk.ballast > 0) await stranger.ask('empty', join(place.folder, 'ballast'));
  await stranger.ask('unlock');
  lock?.release();
  for (const pin of [...pins.values()].flat()) pin.release();
  for (const mapping of mappings) mapping.close();
  rmSync(path);
  await untilFreed(place);
}

/** The watch of a seal may still be reading the file. Nothing else may hold its blocks. */
async function untilFreed(place: Place): Promise<void> {
  for (const end = Date.now() + MOST_WAIT_MS; place.freePages() !== place.pages; await setTimeout(1))
    assert.ok(Date.now() < end, 'a file that was closed and removed has blocks');
}

export interface ModelRun {
  readonly backend: BackendUnderTest;
  readonly place: PlaceName;
  readonly seed: number;
  readonly runs: number;
}

/** Runs random commands. @throws with the seed and the shortest commands that show the fault. */
export async function runModel({ backend, place: name, seed, runs }: ModelRun): Promise<void> {
  const place = makePlace(name);
  const stranger = new Stranger();
  let count = 0;
  const property = fc.asyncProperty(
    fc.commands(commands, { maxCommands: MOST_COMMANDS, size: 'max' }),
    async (steps) => {
      const both = start(backend, place, stranger, join(place.folder, `file-${count++}`));
      try {
        await fc.asyncModelRun(() => both, steps);
      } finally {
        await end(both);
      }
    },
  );
  try {
    await fc.assert(property, { seed, numRuns: runs });
  } finally {
    await stranger.end();
    place.remove();
  }
}
