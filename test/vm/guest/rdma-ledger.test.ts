// P8 of the registrations: after another user of a file got in, no byte of a peer appears. The long form is
// `npm run soak:rdma`; a failure names its seed, and MAPDIRECT_TEST_LEDGER_SEED=N does the same again.
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { LENGTH } from '../../ledger/arena.js';
import { ledgerKills, ledgerSeed, ledgerSteps } from '../../ledger/forms.js';
import { Session } from '../../ledger/session.js';
import { expectDone, runChild } from '../../support/run-child.js';
import { placeOf } from '../layout.js';
import { KillRounds } from './ledger-kills.js';
import { RdmaArena } from './ledger-peers.js';
import { prepare } from './mounts.js';
import { softRoce } from './rdma-guest.js';

const LIMIT = 3_600_000;

/**
 * Figures on the console of the guest, while the test runs: the long form takes an hour, and jest keeps what a test
 * prints until its end.
 */
function say(figures: object): void {
  writeFileSync('/dev/console', `vm-test: so far ${JSON.stringify({ seed: ledgerSeed, ...figures })}\n`);
}

async function sayingFailure<T>(run: Promise<T>): Promise<T> {
  try {
    return await run;
  } catch (error) {
    say({ failed: (error as Error).message });
    throw error;
  }
}

softRoce.describe('P8: a ledger with peers that write all the time', () => {
  test(
    `${ledgerSteps} random steps, seed ${ledgerSeed}: no byte of a peer follows a stranger`,
    async () => {
      const files = [0, 1].map((n) => ({ path: join(tmpdir(), `ledger-${n}`), isDevice: false }));
      const arena = new RdmaArena([...files, { path: prepare(placeOf('device-dax-4K')), isDevice: true }]);
      const figures = await sayingFailure(
        new Session(ledgerSeed, arena).run(ledgerSteps, (soFar) => say({ ...soFar, written: arena.written })),
      );
      arena.close();
      expect(figures.letIn).toBeGreaterThan(0);
      expect(arena.written).toBeGreaterThan(0);
    },
    LIMIT,
  );

  test.each(['before', 'after'] as const)(
    `SIGKILL (${ledgerKills} times), the device opened %s the seal: no key outlives the lock`,
    async (order) => {
      const path = join(tmpdir(), 'ledger-killed');
      writeFileSync(path, Buffer.alloc(LENGTH));
      const rounds = new KillRounds(path, order);
      const figures = await sayingFailure(rounds.run(ledgerKills, (soFar) => say({ order, ...soFar })));
      expect(figures).toMatchObject({ kills: ledgerKills, violations: 0 });
      expect(figures.writing).toBeGreaterThan(ledgerKills / 2);
    },
    LIMIT,
  );
});

const BREAK_TIME = '/proc/sys/fs/lease-break-time';

// The setting is of the whole kernel, so no test on the host changes it.
softRoce.test('rule 37: the kernel takes the lease before the provider confirms: the seal is weakened', async () => {
  const before = readFileSync(BREAK_TIME, 'latin1');
  writeFileSync(BREAK_TIME, '1');
  try {
    const path = join(tmpdir(), 'lease-taken');
    writeFileSync(path, Buffer.alloc(LENGTH));
    expectDone(await runChild('registration', [path, 'taken'], { nodeArgs: ['--no-warnings'] }));
  } finally {
    writeFileSync(BREAK_TIME, before);
  }
});
