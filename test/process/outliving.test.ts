import { test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { nodeAtLeast } from '../support/skip.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('memory that outlives the worker which mapped it', () => {
  const outlives = async (how: string): Promise<void> => {
    const zeros = scratch.file(Buffer.alloc(2 ** 20));
    expectDone(
      await runChild('outlives-worker', [zeros, scratch.file(Buffer.alloc(2 ** 20, 7)), how], {
        nodeArgs: ['--no-warnings'],
      }),
    );
  };

  test('a view that a byte stream moved to another thread', () => outlives('stream'));
  test('a pin that was never released', () => outlives('pin'));

  const moved = nodeAtLeast(22, 'ArrayBuffer.prototype.transfer');
  moved.test('a view that was moved with transfer()', () => outlives('transfer'));
  moved.test('a view that was moved with transfer() before its mapping was closed', () => outlives('closed'));
});
