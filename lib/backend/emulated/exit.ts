import fs from 'node:fs';

// Taken now: guards and mocks replace functions of the node:fs object later.
const { writeSync } = fs;

/** What has stores to write back. */
interface WritesBack {
  writeBack(): void;
}

/** Regions with a window whose stores are to be written back: they must outlive whoever drops them. */
const live = new Set<WritesBack>();
let listening = false;

function writeBackAtExit(): void {
  for (const region of live) {
    try {
      region.writeBack();
    } catch (error) {
      try {
        writeSync(2, `mapdirect: stores of a mapping did not reach the file at exit: ${(error as Error).message}\n`);
      } catch {
        // Nobody is there to be told.
      }
    }
  }
}

/** Keeps a region until {@link letGo}; at a normal exit its stores are written back. */
export function keepAlive(region: WritesBack): void {
  live.add(region);
  if (listening) return;
  listening = true;
  process.on('exit', writeBackAtExit);
}

export function letGo(region: WritesBack): void {
  live.delete(region);
}
