const gaps: Readonly<Record<string, string>> = {
  bun: 'named ESM imports of node:fs and node:fs/promises, Bun.write(), Bun.file() and Bun.$',
  deno: 'named ESM imports of node:fs, and the file functions of the Deno object',
};

/** The functions that files.guard(fs) covers on Node but not on this runtime; undefined: there are none. */
export function uncovered(versions: Readonly<Record<string, string | undefined>>): string | undefined {
  const runtime = Object.keys(gaps).find((name) => versions[name] !== undefined);
  return runtime === undefined ? undefined : gaps[runtime];
}

let warned = false;

/**
 * Emits one process warning on a runtime whose ESM imports of node:fs do not follow the guard: syncBuiltinESMExports()
 * does nothing there. It is no error, because functions of the fs object itself are guarded on every runtime.
 */
export function warnOfGaps(): void {
  const gap = uncovered(process.versions);
  if (gap === undefined || warned) return;
  warned = true;
  process.emitWarning(
    `files.guard(fs) does not cover ${gap} on this runtime: they change a sealed file unrefused. Call functions of the guarded fs object (its default import, or require), or files.*.`,
    { type: 'MapdirectWarning', code: 'MAPDIRECT_UNGUARDED' },
  );
}
