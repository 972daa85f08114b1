import { expect, test } from '@jest/globals';
import { runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

const LIMIT = 60_000;

native.describe('a seal with a lease', () => {
  test.each([
    ['release', 'a stranger’s open waits, the holder hears meanwhile, releases, and the open returns'],
    ['deadline', 'without an answer the stranger is let in, and the seal says what it is worth then'],
    ['quiet', 'a probe, isSealed(), the guards of other threads, map() and extents() do not ring'],
    ['reads', 'what a guarded node:fs reads by path is EAGAIN, and does not ring'],
    ['blocked', 'a breakable one gives way in time though its thread is blocked, pages first'],
    ['mixed', 'a seal that is not breakable beside one that is keeps its lock, and makes the file unbreakable'],
    ['spared', 'what a released breakable seal protected is not cut at the deadline of another'],
    ['lost', 'a lease that was let go while the file was being prepared is no seal'],
    ['early', 'who comes while the file is being prepared is told of afterwards'],
    ['late', 'whoever answers after the deadline is told so: nothing that did not reach the file passes for persisted'],
    ['lateRelease', 'a release after the deadline is none: broken, and the mapping is fenced'],
    ['lateJoin', 'nobody joins while somebody waits'],
    ['givesUp', 'who gives up waiting leaves it whole'],
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
