const gaps: Readonly<Record<string, string>> = {
  bun: 'named ESM imports of node:fs and node:fs/promises, Bun.write(), Bun.file() and Bun.$',
  deno: 'named ESM imports of node:fs, and the file functions of the Deno object',
};

/** What files.guard(fs) does not cover on this runtime though it does on Node; undefined: nothing. */
export function uncovered(versions: Readonly<Record<string, string | undefined>>): string | undefined {
  const runtime = Object.keys(gaps).find((name) => versions[name] !== undefined);
  return runtime === undefined ? undefined : gaps[runtime];
}

let warned = false;

/**
 * Emits a process warning, once, where the ESM imports of node:fs do not follow the guard: syncBuiltinESMExports() of other runtimes does
 * nothing. No error: what goes through the fs object itself is guarded everywhere.
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
