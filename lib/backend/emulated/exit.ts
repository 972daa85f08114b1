import fs from 'node:fs';

// Captured now: guards and mocks replace functions of the node:fs object later.
const { writeSync } = fs;

/** A region with stores to write back. */
interface WritesBack {
  writeBack(): void;
}

/**
 * Regions with a window whose stores must be written back. They must live until then, even if the caller drops them.
 */
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
        // stderr is closed: the failure cannot be reported.
      }
    }
  }
}

/** Keeps a region alive until {@link letGo}. A normal exit writes its stores back. */
export function keepAlive(region: WritesBack): void {
  live.add(region);
  if (listening) return;
  listening = true;
  process.on('exit', writeBackAtExit);
}

export function letGo(region: WritesBack): void {
  live.delete(region);
}
