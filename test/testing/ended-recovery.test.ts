import { expect } from '@jest/globals';
import { WriterLock } from '../../lib/index.js';
import { CrashSimulator } from '../../lib/testing/index.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.test('a recovery that is ended once, as by a busy machine, leaves no writer lock behind', async () => {
  const path = scratch.file(4096);
  const simulator = new CrashSimulator({ size: 64 });
  try {
    simulator.mapping.persistWord(0, 1);
    let runs = 0;
    const recover = (): number => {
      const lock = WriterLock.acquire(path);
      try {
        runs++;
        while (runs === 2); // until the time limit
        return runs;
      } finally {
        lock.release();
      }
    };
    const report = await simulator.check(recover, () => true, { timeout: 500 });
    expect(report.failures).toEqual([]);
    expect(runs).toBe(2 + report.images); // the check begins again
    const free = WriterLock.tryAcquire(path);
    expect(free?.held).toBe(true);
    free?.release();
  } finally {
    simulator.close();
  }
});
