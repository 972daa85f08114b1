/**
 * The variables of this machine that choose the long form of a proof in a guest ('MAPDIRECT_TEST_FENCES=50'). They are
 * numbers, so a shell needs no quotes.
 */
export function longForms(variables: NodeJS.ProcessEnv): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const [name, value = ''] of Object.entries(variables)) {
    if (name.startsWith('MAPDIRECT_TEST_') && /^\d+$/.test(value)) chosen[name] = value;
  }
  return chosen;
}

/** How long a guest may run, and the suites in it. MAPDIRECT_TEST_MINUTES: for long forms. */
const minutes = Number(process.env['MAPDIRECT_TEST_MINUTES'] ?? 11);
export const guestSeconds = minutes * 60 + 40;
export const suiteSeconds = guestSeconds - 200;
