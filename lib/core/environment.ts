function variable(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    return undefined; // Deno without --allow-env throws
  }
}

/** process.env, read-only. A variable that this process may not read counts as not set. */
export const environment: Readonly<Record<string, string | undefined>> = new Proxy<Record<string, string | undefined>>(
  {},
  { get: (_target, name) => (typeof name === 'string' ? variable(name) : undefined) },
);
