/**
 * The environment without the variables of this package: the settings of the test run must not decide the result of a
 * child.
 */
export function cleanEnvironment(...kept: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => kept.includes(name) || !name.startsWith('MAPDIRECT_')),
  );
}
