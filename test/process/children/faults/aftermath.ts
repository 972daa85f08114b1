// The life of a mapping after the first fault, and near it. Arguments: FILE (16 pages of watermark), CASE.
import assert from 'node:assert/strict';
import { readFileSync, truncateSync } from 'node:fs';
import { map, type Mapping, type MappingEvents } from '../../../../lib/index.js';
import { PAGE } from '../../../support/sizes.js';
import { misplaced } from '../../../support/watermark.js';
import { eventually, nothingLeftOf, ranges } from '../inspect.js';
import { Loss, type Part } from './loss.js';
import { runCase } from '../../../support/run-case.js';

const [path = '', name = ''] = process.argv.slice(2);
const LENGTH = 16 * PAGE;
const pages = (offset: number, length: number): Part => ({ offset: offset * PAGE, length: length * PAGE });
const cut = (to: number): void => truncateSync(path, to * PAGE);
const fault = (part: Part): object => ({ code: 'ERR_MAPPING_FAULT', ...part, reason: 'truncated' });

function touch(mapping: Mapping, page: number): void {
  assert.equal(mapping.view(page * PAGE, 1)[0], 0);
}

/** The first touch of a lost page is a call of this package. */
async function firstTouch(call: (mapping: Mapping) => unknown): Promise<void> {
  using mapping = map(path);
  const loss = new Loss(mapping, path);
  cut(4);
  await assert.rejects(async () => call(mapping), fault(pages(4, 12)));
  await loss.check(pages(4, 12), 'truncated');
  await loss.checkRemap(pages(4, 12));
}

/** In a function of its own, so that garbage collection finds the view unused. */
function closeAfterFault(): void {
  const mapping = map(path);
  const view = mapping.view(8 * PAGE);
  cut(4);
  assert.equal(view[0], 0);
  mapping.close();
  assert.deepEqual([mapping.closed, view.length], [true, 0]);
  assert.throws(() => mapping.remap(), { code: 'ERR_MAPPING_CLOSED' });
}

const cases: Readonly<Record<string, () => void | Promise<void>>> = {
  'a second loss, nearer to the start': async () => {
    using mapping = map(path);
    const events: MappingEvents['fault'][] = [];
    mapping.on('fault', (event) => void events.push(event));
    cut(8);
    touch(mapping, 10);
    cut(4);
    touch(mapping, 5);
    for (const page of [4, 8]) assert.throws(() => mapping.persist(page * PAGE, PAGE), fault(pages(4, 12)));
    mapping.persist(0, 4 * PAGE);
    await eventually('both events have come', () => events.length === 2);
    assert.deepEqual(events, [
      { ...pages(8, 8), reason: 'truncated' },
      { ...pages(4, 12), reason: 'truncated' },
    ]);
    cut(8);
    assert.throws(() => mapping.remap(), { code: 'ERR_MAPPING_FAULT', reason: 'truncated' });
    assert.equal(mapping.faulted, true);
    cut(16);
    mapping.remap();
    mapping.persist();
    assert.equal(misplaced(mapping.view(0, 4 * PAGE), 0), undefined);
  },
  'two mappings of one file: each meets the loss by itself': () => {
    using first = map(path);
    using second = map(path, { access: 'read' });
    cut(4);
    touch(first, 8);
    assert.deepEqual([first.faulted, second.faulted], [true, false]);
    touch(second, 8);
    assert.deepEqual([first.faulted, second.faulted], [true, true]);
  },
  'a file that is long again before the touch: no fault': () => {
    using mapping = map(path);
    cut(4);
    cut(16);
    touch(mapping, 8);
    assert.equal(mapping.faulted, false);
    mapping.persist();
  },
  'a file that is long again after the touch: lost until remap()': () => {
    using mapping = map(path);
    cut(4);
    touch(mapping, 8);
    cut(16);
    const view = mapping.view(8 * PAGE, 8);
    view.write('lost');
    assert.throws(() => mapping.persist(), fault(pages(4, 12)));
    assert.equal(readFileSync(path)[8 * PAGE], 0);
    mapping.remap();
    assert.equal(view[0], 0);
    view.write('kept');
    mapping.persist();
    assert.equal(readFileSync(path).toString('latin1', 8 * PAGE, 8 * PAGE + 4), 'kept');
  },
  'remap() without a loss does nothing': () => {
    using mapping = map(path);
    mapping.view(0, 4).write('kept');
    mapping.remap();
    assert.equal(mapping.view(0, 4).toString('latin1'), 'kept');
  },
  'close(), and another map() of the file': async () => {
    closeAfterFault();
    await nothingLeftOf(path);
    await eventually('no range is held', () => ranges() === 0);
    using again = map(path);
    assert.deepEqual([again.length, again.faulted], [4 * PAGE, false]);
    again.write(Buffer.from('new'), 0);
  },
  'close() before the event': async () => {
    const mapping = map(path);
    let heard = 0;
    mapping.on('fault', () => void heard++);
    cut(4);
    touch(mapping, 8);
    mapping.close();
    using other = map(path);
    const loss = new Loss(other, path);
    cut(2);
    touch(other, 3);
    await loss.check(pages(2, 2), 'truncated'); // a later event has come
    assert.ok(heard <= 1);
  },
  'flushes that wait while pages are lost': async () => {
    using mapping = map(path);
    const flushes = Array.from({ length: 8 }, () => mapping.persistAsync(4 * PAGE, 12 * PAGE));
    cut(4);
    mapping.view(8 * PAGE, 4).write('lost');
    flushes.push(mapping.persistAsync());
    const ends = await Promise.allSettled(flushes);
    for (const end of ends) assert.equal(end.status, 'rejected');
    await mapping.persistAsync(0, 4 * PAGE);
  },
  'a seal of the mapping is violated': async () => {
    using mapping = map(path);
    const seal = mapping.seal();
    let violated = 0;
    seal.on('violated', () => void violated++);
    cut(4); // by node:fs, which does not ask for seals
    touch(mapping, 8);
    await eventually('the event has come', () => violated > 0);
    assert.deepEqual([seal.state, violated], ['violated', 1]);
  },
  'write()': () => firstTouch((mapping) => mapping.write(Buffer.alloc(3 * PAGE, 1), 3 * PAGE)),
  'fill()': () => firstTouch((mapping) => mapping.fill(1, 3 * PAGE, 3 * PAGE)),
  // On granularity 'cache-line' a flush touches the memory.
  'persist()': () => firstTouch((mapping) => mapping.persist()),
  'flush()': () => firstTouch((mapping) => mapping.flush(3 * PAGE, 2 * PAGE)),
  'persistRanges()': () =>
    firstTouch((mapping) =>
      mapping.persistRanges([
        [0, 64],
        [8 * PAGE, 64],
      ]),
    ),
  'persistAsync()': () => firstTouch((mapping) => mapping.persistAsync(0, 9 * PAGE)),
  'write() from lost pages': async () => {
    using mapping = map(path);
    const loss = new Loss(mapping, path);
    cut(4);
    mapping.write(mapping.view(4 * PAGE, PAGE), 0);
    assert.ok(
      readFileSync(path)
        .subarray(0, PAGE)
        .every((byte) => byte === 0),
    );
    await loss.check(pages(4, 12), 'truncated');
  },
};

assert.equal(readFileSync(path).length, LENGTH);
void runCase(cases, name);
