/** Runs the case of that name in a child, and says that it came to its end. */
export async function runCase(cases: Readonly<Record<string, () => unknown>>, name: string): Promise<void> {
  const body = cases[name];
  if (body === undefined) throw new Error(`no such case: ${name}; there are ${Object.keys(cases).join('; ')}`);
  await body();
  process.stdout.write('done\n');
}
