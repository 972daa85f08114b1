// What the loads of recovery show. Its programs are children: a fault of the tracer ends the process.
import { exact } from '../support/exact.js';
import { expectDone, runChild } from '../support/run-child.js';

exact.test.each(['byte', 'cache-line', 'page'])(
  'a log with records of 512 words is decided in four recoveries an append, of %s',
  async (granularity) => {
    expectDone(await runChild('exact-read-checks', ['large', granularity]));
  },
);

exact.test.each([
  ['checksum', 'a log with a checksum alone is tried in part, and declares it'],
  ['corpus', 'each wrong program is found, and no right one is refused'],
  ['torn', 'a word in pieces is told, if recovery reads it before it is durable'],
])('%s: %s', async (program) => {
  expectDone(await runChild('exact-read-checks', [program]));
});
