/** The number of steps of a session: 2,000 for the long form. */
export const ledgerSteps = Number(process.env['MAPDIRECT_TEST_LEDGER_STEPS'] ?? 150);

/** New at each run. */
export const ledgerSeed = Number(process.env['MAPDIRECT_TEST_LEDGER_SEED'] ?? Date.now() % 2 ** 31);

/** How often an owner is killed in the guest, in each order: 150 in the long form. */
export const ledgerKills = Number(process.env['MAPDIRECT_TEST_LEDGER_KILLS'] ?? 10);
