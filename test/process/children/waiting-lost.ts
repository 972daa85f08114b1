// Waiting calls whose word is lost: the file was truncated, or the mapping was fenced. Arguments: FILE (4 pages of
// zeros), CASE.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { map, seals, type Mapping } from '../../../lib/index.js';
import { runCase } from '../../support/run-case.js';
import { PAGE } from '../../support/sizes.js';
import { eventually } from './inspect.js';

const [path = '', name = ''] = process.argv.slice(2);
const LENGTH = 4 * PAGE;
const LOST = 2 * PAGE;
const LONG = 60_000; // a wait that lasts so long has not ended by itself
const DEADLINE = 200;

const truncated = { code: 'ERR_MAPPING_FAULT', reason: 'truncated', offset: LOST, length: 2 * PAGE };
const fenced = { code: 'ERR_MAPPING_FAULT', reason: 'fenced', offset: 0, length: LENGTH };

/** "449 0x... 0x4 ...": a thread waits in futex_waitv(2), number 449 of every CPU, for 4 words. */
function wordsOf(thread: string): number {
  const [call, , count] = readFileSync(`/proc/self/task/${thread}/syscall`, 'latin1').split(' ');
  return call === '449' ? Number(count) : 0;
}

/** A thread of the addon waits for the words of `calls` calls, and for a word of its own. */
async function areAsleep(calls: number): Promise<void> {
  const isAsleep = (): boolean => readdirSync('/proc/self/task').some((thread) => wordsOf(thread) > calls);
  await eventually(`${calls} calls wait`, isAsleep);
}

/** Each call of the word at `offset` fails at once. */
async function checkRefused(mapping: Mapping, offset: number, error: object): Promise<void> {
  assert.throws(() => mapping.wait(offset, 0, LONG), error);
  await assert.rejects(mapping.waitAsync(offset, 0, { timeout: LONG }), error);
  assert.throws(() => mapping.notify(offset), error);
  assert.throws(() => mapping.notify(offset, 0), error);
}

/** Another process opens the file for writing, which breaks the lease of a seal. */
function openElsewhere(): void {
  spawn('sh', ['-c', ': >> "$0"', path], { stdio: 'ignore' }).unref();
}

function sealed(enforcement: 'advisory' | 'lease'): Mapping {
  const mapping = map(path, { direct: { policy: 'breakable', enforcement, deadline: DEADLINE } });
  assert.equal(mapping.seals[0]?.enforcement === 'lease', enforcement === 'lease');
  return mapping;
}

function waits(mapping: Mapping): Promise<unknown>[] {
  return [0, 0, LOST].map((offset) => mapping.waitAsync(offset, 0));
}

async function checkFenced(mapping: Mapping, pending: readonly Promise<unknown>[]): Promise<void> {
  for (const wait of pending) await assert.rejects(wait, fenced);
  await checkRefused(mapping, 0, fenced);
  mapping.close();
}

const cases: Readonly<Record<string, () => Promise<void>>> = {
  async 'a word that was truncated away'() {
    using mapping = map(path);
    const events: unknown[] = [];
    mapping.on('fault', (event) => void events.push(event));
    const pending = [mapping.waitAsync(LOST, 0), mapping.waitAsync(LOST + 8, 0)];
    const other = mapping.waitAsync(0, 0);
    await areAsleep(3);
    truncateSync(path, LOST);
    assert.equal(mapping.view(LOST, 1)[0], 0); // the fault
    for (const wait of pending) await assert.rejects(wait, truncated);
    assert.equal(events.length, 1);
    await checkRefused(mapping, LOST, truncated);
    assert.equal(mapping.wait(4, 1), 'not-equal');
    assert.equal(mapping.notify(0), 1);
    assert.equal(await other, 'ok');
    truncateSync(path, LENGTH);
    mapping.remap();
    const again = mapping.waitAsync(LOST, 0);
    assert.equal(mapping.notify(LOST), 1);
    assert.equal(await again, 'ok');
  },
  async 'a word that was truncated away, without a listener'() {
    using mapping = map(path);
    const pending = mapping.waitAsync(LOST, 0);
    await areAsleep(1);
    truncateSync(path, LOST);
    assert.equal(mapping.view(LOST, 1)[0], 0);
    await checkRefused(mapping, LOST, truncated);
    const closed = assert.rejects(pending, { code: 'ERR_MAPPING_CLOSED' }); // nothing else ends it
    mapping.close();
    await closed;
  },
  async 'a break that this thread asks for'() {
    const mapping = sealed('advisory');
    const pending = waits(mapping);
    const ends = Promise.allSettled(pending);
    await seals.requestBreak(path, { deadline: DEADLINE });
    await ends;
    await checkFenced(mapping, pending);
  },
  async 'a break by another process'() {
    const mapping = sealed('lease');
    const pending = waits(mapping);
    const ends = Promise.allSettled(pending);
    openElsewhere();
    await ends;
    await checkFenced(mapping, pending);
  },
  async 'a break by another process, while wait() blocks'() {
    const mapping = sealed('lease');
    openElsewhere();
    assert.throws(() => mapping.wait(0, 0, LONG), fenced);
    await checkFenced(mapping, []);
  },
};

void runCase(cases, name);
