import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { constants } from '../../lib/index.js';
import type { BackendUnderTest } from '../support/backends.js';
import { commands } from './commands.js';
import { ModelFile } from './model-file.js';
import type { Model, Real } from './state.js';

const LENGTH = 3 * constants.PAGE_SIZE + 100;
const MOST_COMMANDS = 40;

function start(backend: BackendUnderTest, path: string): { model: Model; real: Real } {
  const bytes = Buffer.from(Array.from({ length: LENGTH }, (_, i) => i % 251));
  writeFileSync(path, bytes);
  return {
    model: { backend, file: new ModelFile(bytes), mappings: [], sealed: undefined },
    real: { path, mappings: [], pins: new Map(), seal: undefined },
  };
}

function end({ pins, mappings }: Real): void {
  for (const pin of [...pins.values()].flat()) pin.release();
  for (const mapping of mappings) mapping.close();
}

/** Runs random commands. @throws with the seed and the shortest commands that show the fault. */
export async function runModel(backend: BackendUnderTest, seed: number, numRuns: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-model-'));
  let runs = 0;
  const property = fc.asyncProperty(
    fc.commands(commands, { maxCommands: MOST_COMMANDS, size: 'max' }),
    async (steps) => {
      const { model, real } = start(backend, join(folder, `${runs++}`));
      try {
        await fc.asyncModelRun(() => ({ model, real }), steps);
      } finally {
        end(real);
        rmSync(real.path);
      }
    },
  );
  try {
    await fc.assert(property, { seed, numRuns });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
