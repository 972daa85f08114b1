// Random lives of owners of registrations, compared with a shadow. The long form: MAPDIRECT_TEST_LEDGER_STEPS=2000 npm
// test ledger. A failure names its seed; MAPDIRECT_TEST_LEDGER_SEED=N does the same again.
import { expect, test } from '@jest/globals';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { LENGTH, RehearsedArena } from './arena.js';
import { ledgerSeed, ledgerSteps } from './forms.js';
import { Session } from './session.js';

const scratch = new Scratch();

native.describe('a ledger of registrations', () => {
  test(`${ledgerSteps} random steps, seed ${ledgerSeed}: the owner is as its shadow, and no lock goes too early`, async () => {
    const grounds = [0, 1, 2].map((n) => ({ path: scratch.file(LENGTH, `ground-${n}`), isDevice: false }));
    const figures = await new Session(ledgerSeed, new RehearsedArena(grounds)).run(ledgerSteps);
    if (ledgerSteps > 1000) process.stderr.write(`${JSON.stringify({ seed: ledgerSeed, ...figures })}\n`);
    expect(figures.registrations).toBeGreaterThan(0);
    expect(figures.letIn).toBeGreaterThan(0);
  }, 3_600_000);
});
