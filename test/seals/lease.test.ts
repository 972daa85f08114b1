import { expect, test } from '@jest/globals';
import { runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

const LIMIT = 60_000;

native.describe('a seal with a lease', () => {
  test.each([
    ['release', 'a stranger’s open waits, the holder hears meanwhile, releases, and the open returns'],
    ['deadline', 'without an answer the stranger is let in, and the seal reports its new state'],
    ['quiet', 'a probe, isSealed(), the guards of other threads, map() and extents() do not ring'],
    ['reads', 'a read by path through a guarded node:fs is EAGAIN, and does not break the lease'],
    ['blocked', 'a breakable one gives way in time though its thread is blocked, pages first'],
    ['mixed', 'a seal that is not breakable beside one that is keeps its lock, and makes the file unbreakable'],
    ['spared', 'a released breakable seal: its mapping is not fenced at the deadline of another seal'],
    ['lost', 'a lease that was let go while the file was being prepared is no seal'],
    ['early', 'an open during the preparation is reported after it'],
    [
      'late',
      'an answer after the deadline is an error: a flush that did not reach the file never passes for a success',
    ],
    ['lateRelease', 'a release after the deadline is none: broken, and the mapping is fenced'],
    ['lateJoin', 'no holder joins while an opener waits'],
    ['givesUp', 'an opener that gives up leaves the seal whole'],
    ['refused', 'another open of the file is in the way'],
  ])(
    '%s: %s',
    async (scenario) => {
      const { code, signal, stdout, stderr } = await runChild('seal-lease', [scratch.file(16384), scenario], {
        limit: LIMIT,
      });
      expect({ code, signal, stdout, stderr: stderr.replace(/^heard .* began\n/, '') }).toEqual({
        code: 0,
        signal: null,
        stdout: 'done\n',
        stderr: '',
      });
      if (scenario === 'release') process.stdout.write(`  the holder ${stderr}`);
    },
    LIMIT,
  );
});
