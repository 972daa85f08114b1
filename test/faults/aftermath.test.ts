import { native } from '../support/backends.js';
import { expectDone } from '../support/run-child.js';
import { runFault } from './run-fault.js';
import { Scratch } from '../support/scratch.js';
import { PAGE } from '../support/sizes.js';

const scratch = new Scratch();

async function run(name: string, granularity?: string): Promise<void> {
  const env: Record<string, string> = granularity === undefined ? {} : { MAPDIRECT_FORCE_GRANULARITY: granularity };
  expectDone(await runFault('aftermath', [scratch.file(16 * PAGE), name], { env, nodeArgs: ['--expose-gc'] }));
}

native.describe('after a fault', () => {
  native.test.each([
    'a second loss, nearer to the start',
    'two mappings of one file: each meets the loss by itself',
    'a file that is long again before the touch: no fault',
    'a file that is long again after the touch: lost until remap()',
    'remap() without a loss does nothing',
    'close(), and another map() of the file',
    'close() before the event',
    'flushes that wait while pages are lost',
    'a seal of the mapping is violated',
  ])('%s', (name) => run(name));
});

native.describe.each(['byte', 'cache-line', 'page'])("the first touch, on granularity '%s', is by", (granularity) => {
  native.test.each(['write()', 'fill()', 'write() from lost pages'])('%s', (name) => run(name, granularity));
});

native.describe("the first touch, on granularity 'cache-line', is by", () => {
  native.test.each(['persist()', 'flush()', 'persistRanges()', 'persistAsync()'])('%s', (name) =>
    run(name, 'cache-line'),
  );
});
