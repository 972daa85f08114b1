import { test } from '@jest/globals';
import { SECONDS, Stress } from '../../support/seal-stress.js';
import { describeDirect } from './kernel.js';

// An emulated machine may take so long to see everything once.
const MOST_SECONDS = Math.max(60, SECONDS);

describeDirect(
  'four processes that map one file with MAP_DIRECT and change it, half of the time as strangers, and are killed',
  () => {
    test(
      'the kernel lets nothing be changed while it is sealed, refuses nothing while it is not, and forgets the dead',
      async () => {
        const stress = new Stress(Date.now() % 2 ** 31, ['kernel', 'kernel', 'kernel', 'kernel']);
        const begun = Date.now();
        await stress.run(MOST_SECONDS, () => Date.now() - begun > SECONDS * 1000 && stress.hasSeenAll);
        stress.end();
        stress.expectClean();
      },
      120_000 + MOST_SECONDS * 1000,
    );
  },
);
