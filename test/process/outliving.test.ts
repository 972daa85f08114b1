import { test } from '@jest/globals';
import { describeNative, file, NODE_MAJOR } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

describeNative('memory that outlives the worker which mapped it', () => {
  const outlives = async (how: string): Promise<void> => {
    const zeros = file(Buffer.alloc(2 ** 20));
    expectDone(
      await runChild('outlives-worker', [zeros, file(Buffer.alloc(2 ** 20, 7)), how], { nodeArgs: ['--no-warnings'] }),
    );
  };

  test('a view that a byte stream moved to another thread', () => outlives('stream'));
  test('a pin that nobody released', () => outlives('pin'));

  const moved = NODE_MAJOR < 22 ? test.skip : test; // ArrayBuffer.prototype.transfer: Node >= 22
  moved('a view that was moved with transfer() [which Node has from 22 on: run the tests with it]', () =>
    outlives('transfer'),
  );
  moved(
    'a view that was moved with transfer() before its mapping was closed [which Node has from 22 on: run the tests with it]',
    () => outlives('closed'),
  );
});
