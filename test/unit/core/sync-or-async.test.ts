import { expect, test } from '@jest/globals';
import { runAsync, runSync, call, type Operation } from '../../../lib/core/sync-or-async.js';

function* sum(log: string[]): Operation<number> {
  try {
    const one = yield* call(
      () => 1,
      async () => 10,
    );
    const two = yield* call(
      () => 2,
      async () => 20,
    );
    return one + two;
  } finally {
    log.push('cleaned up');
  }
}

function* failing(log: string[]): Operation<string> {
  try {
    return yield* call<string>(
      () => {
        throw new Error('now');
      },
      async () => {
        throw new Error('later');
      },
    );
  } catch (error) {
    log.push((error as Error).message);
    return 'mended';
  }
}

test('each step is made the one way or the other', async () => {
  const log: string[] = [];
  expect(runSync(sum(log))).toBe(3);
  expect(await runAsync(sum(log))).toBe(30);
  expect(log).toEqual(['cleaned up', 'cleaned up']);
});

test('a failure is thrown where the step was asked for', async () => {
  const log: string[] = [];
  expect(runSync(failing(log))).toBe('mended');
  expect(await runAsync(failing(log))).toBe('mended');
  expect(log).toEqual(['now', 'later']);
});

test('an abort takes effect before the next step, and the operation cleans up', async () => {
  const log: string[] = [];
  const controller = new AbortController();
  const running = runAsync(sum(log), controller.signal);
  controller.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect(log).toEqual(['cleaned up']);
});
