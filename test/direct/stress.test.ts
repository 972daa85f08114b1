import { test } from '@jest/globals';
import { SECONDS, Stress } from '../support/seal-stress.js';
import { describeDirect } from './kernel.js';

describeDirect('four processes that map one file with MAP_DIRECT and change it, half of the time as strangers, and are killed', () => {
  test('the kernel lets nothing be changed while it is sealed, refuses nothing while it is not, and forgets the dead', async () => {
    const stress = new Stress(Date.now() % 2 ** 31, ['kernel', 'kernel', 'kernel', 'kernel']);
    await stress.run(SECONDS, () => false);
    stress.end();
    stress.expectClean();
  }, 120_000 + SECONDS * 1000);
});
