// Registrations at the end of leases, of threads and of objects, each in a process of its own.
import { expect, test } from '@jest/globals';
import { native } from '../support/backends.js';
import { uring } from '../support/ring-memory.js';
import { runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();
const LIMIT = 60_000;

async function expectScenario(scenario: string): Promise<void> {
  const { code, signal, stdout, stderr } = await runChild('registration', [scratch.file(65536), scenario], {
    limit: LIMIT,
    nodeArgs: ['--expose-gc', '--no-warnings'],
  });
  expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: 'done\n', stderr: '' });
}

uring.describe('a registration of io_uring', () => {
  test('ends with its thread, also with transfers under way', () => expectScenario('ringEnds'), LIMIT);

  test(
    'ends with its lease while JavaScript is blocked, and the transfers under way have their results',
    () => expectScenario('ringFenced'),
    LIMIT,
  );
});

native.describe('a registration', () => {
  test.each([
    ['order', 'rules 31 and 37: with JavaScript blocked, the registration ends before pages, lock, lease and stranger'],
    [
      'unconfirmed',
      'rule 37: a provider that does not confirm holds up the pages, the lock, the lease and the stranger',
    ],
    ['warns', 'rule 37: a provider that does not confirm is a process warning'],
    ['closeFirst', 'close() right after the fence finds it ended, before any notice'],
    ['workerEnds', 'ends with its thread, before the seal; the seal of one that is not confirmed stays'],
    ['dropped', 'rule 26: is not ended by garbage collection, and holds its mapping'],
    ['listening', 'with a listener is not collected'],
    ['exit', 'ends at process.exit()'],
  ])('%s: %s', (scenario) => expectScenario(scenario), LIMIT);
});
