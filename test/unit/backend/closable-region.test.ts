import { afterEach, expect, jest, test } from '@jest/globals';
import { ClosableRegion } from '../../../lib/backend/closable-region.js';
import type { OpenFile } from '../../../lib/backend/open-file.js';
import { thrown } from '../../support/errors.js';

/** A region that records its calls, and can fail. */
class FakeRegion extends ClosableRegion {
  failures = 0;
  refuses = false;

  constructor(readonly log: string[]) {
    const file = { retain: () => log.push('retain'), release: () => log.push('release') };
    super(file as unknown as OpenFile, '/file');
  }

  protected prepareClose(): void {
    if (this.refuses) throw new Error('not now');
    this.log.push('prepare');
  }

  protected unmap(): void {
    if (this.failures-- > 0) throw new Error('cannot unmap');
    this.log.push('unmap');
  }

  call<Result>(call: () => Promise<Result> | Result): Promise<Result> {
    return this.run(call);
  }
}

function region(): { region: FakeRegion; log: string[]; onClosed: () => void } {
  const log: string[] = [];
  return { region: new FakeRegion(log), log, onClosed: () => log.push('closed') };
}

const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
afterEach(() => {
  warnings.mockClear();
});

test('close() unmaps, releases the file and calls back, in this order, once', () => {
  const { region: one, log, onClosed } = region();
  one.close(onClosed);
  one.close(onClosed);
  expect(log).toEqual(['retain', 'prepare', 'unmap', 'release', 'closed']);
  expect(one.state).toBe('closed');
});

test('close() that is refused leaves the region open', () => {
  const { region: one, log } = region();
  one.refuses = true;
  expect(thrown(() => one.close()).message).toBe('not now');
  expect([one.state, log]).toEqual(['open', ['retain']]);
});

test('close() that cannot unmap leaves the region open, and may be called again', () => {
  const { region: one, log, onClosed } = region();
  one.failures = 1;
  expect(thrown(() => one.close(onClosed)).message).toBe('cannot unmap');
  expect(one.state).toBe('open');
  one.close(onClosed);
  expect(log.slice(-3)).toEqual(['unmap', 'release', 'closed']);
});

test('while a call runs the region is closing, and it ends after the last call', async () => {
  const { region: one, log, onClosed } = region();
  let finish = (): void => undefined;
  const first = one.call(() => new Promise<void>((resolve) => (finish = resolve)));
  const second = one.call(async () => undefined);
  one.close(onClosed);
  await second;
  expect([one.state, one.busy, log]).toEqual(['closing', true, ['retain', 'prepare']]);
  finish();
  await first;
  expect([one.state, log.slice(2)]).toEqual(['closed', ['unmap', 'release', 'closed']]);
});

test('an end that fails after a call is tried again, with one warning; the call itself succeeds', async () => {
  const { region: one, log, onClosed } = region();
  one.failures = 2;
  const running = one.call(async () => 'done');
  const closed = new Promise<void>((resolve) =>
    one.close(() => {
      onClosed();
      resolve();
    }),
  );
  expect(await running).toBe('done');
  expect(one.state).toBe('closing');
  // The timer of the next attempt does not keep the loop alive; this one does.
  const alive = setInterval(() => undefined, 10);
  await closed;
  clearInterval(alive);
  expect(log.slice(-3)).toEqual(['unmap', 'release', 'closed']);
  expect(warnings).toHaveBeenCalledTimes(1);
  expect(warnings.mock.calls[0]?.[1]).toMatchObject({ code: 'MAPDIRECT_UNCLOSED' });
});

test('closeLater() of an idle region ends it at once, without the refusal of close()', () => {
  const { region: one, log } = region();
  one.refuses = true;
  one.closeLater();
  expect([one.state, log]).toEqual(['closed', ['retain', 'unmap', 'release']]);
});
