// The guard beside other handlers of SIGBUS. Arguments: FILE (16 pages), the compiled sigbus_addon.c, CASE.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { map, type MapOptions } from '../../../../lib/index.js';
import { PAGE } from '../../../support/sizes.js';
import { loadSigbusAddon } from '../../../support/sigbus-addon.js';
import { eventually } from '../inspect.js';
import { runCase } from '../../../support/run-case.js';

const [path = '', program = '', name = ''] = process.argv.slice(2);
const LENGTH = 16 * PAGE;
/** A map() in a later tick of the kernel's clock puts the guard in front again. */
const laterTick = (): Promise<void> => pause(25);

/** A mapping whose file has been truncated. The first touch of its view is the fault. */
function truncated(options?: MapOptions): { touch: () => void; isHealed: () => boolean } {
  truncateSync(path, LENGTH);
  const mapping = map(path, options);
  const view = mapping.view(8 * PAGE);
  truncateSync(path, PAGE);
  return { touch: () => assert.equal(view[0], 0), isHealed: () => mapping.faulted };
}

/** A mapping meets the end of its file, and nothing else happens. */
function checkHealed(options?: MapOptions): void {
  const { touch, isHealed } = truncated(options);
  touch();
  assert.equal(isHealed(), true);
}

/** Another process sends the signal. */
function killFromOutside(): void {
  assert.equal(spawnSync('kill', ['-BUS', String(process.pid)]).status, 0);
}

let heard = 0;
const listener = (): void => void heard++;

async function checkHeard(times: number): Promise<void> {
  killFromOutside();
  await eventually('the listener was called', () => heard === times);
}

/** Cases whose name begins with "ends:" must end the process with SIGBUS. */
const cases: Readonly<Record<string, () => void | Promise<void>>> = {
  'ends: kill -BUS, before any fault': () => {
    map(path);
    killFromOutside();
  },
  'ends: kill -BUS, after a fault': () => {
    checkHealed();
    killFromOutside();
  },
  'ends: process.kill() of this process': () => {
    checkHealed();
    process.kill(process.pid, 'SIGBUS');
  },
  'ends: an address that is not ours': () => {
    checkHealed();
    loadSigbusAddon(program).foreignFault();
  },
  'ends: an address of ours with faultGuard: false': () => truncated({ faultGuard: false }).touch(),
  'ends: kill -BUS, after the last listener was removed': async () => {
    process.on('SIGBUS', listener);
    checkHealed();
    await checkHeard(1);
    process.removeListener('SIGBUS', listener);
    checkHealed();
    killFromOutside();
  },
  'a listener that was there before the guard': async () => {
    process.on('SIGBUS', listener);
    checkHealed();
    assert.equal(heard, 0);
    await checkHeard(1);
    checkHealed();
    await checkHeard(2);
  },
  'a listener that comes after the guard': async () => {
    const { touch, isHealed } = truncated();
    process.on('SIGBUS', listener);
    touch(); // in the same turn of the loop
    assert.equal(isHealed(), true);
    await checkHeard(1);
    checkHealed();
    assert.equal(heard, 1);
  },
  'a listener that is removed': async () => {
    const { touch, isHealed } = truncated();
    process.once('SIGBUS', listener);
    await checkHeard(1); // and is gone by that
    touch();
    assert.equal(isHealed(), true);
    process.on('SIGBUS', listener);
    process.removeAllListeners('SIGBUS');
    checkHealed();
  },
  'a handler of another addon that was there before': async () => {
    const addon = loadSigbusAddon(program);
    addon.install(0);
    checkHealed();
    assert.equal(addon.handled(), 0);
    assert.equal(addon.foreignFault(), 7);
    assert.equal(addon.handled(), 1);
    checkHealed();
    await laterTick();
    checkHealed();
  },
  'a later handler of another addon that calls the earlier one': async () => {
    const { touch, isHealed } = truncated();
    const addon = loadSigbusAddon(program);
    addon.install(1);
    touch();
    assert.equal(isHealed(), true);
    assert.equal(addon.foreignFault(), 7);
    await laterTick();
    checkHealed();
    assert.equal(addon.foreignFault(), 7);
    assert.equal(addon.handled(), 2);
  },
  'a later handler of another addon that calls nothing': async () => {
    map(path);
    const addon = loadSigbusAddon(program);
    addon.install(0);
    await laterTick();
    checkHealed(); // its map() puts the guard in front again
    assert.equal(addon.foreignFault(), 7);
    checkHealed();
    assert.equal(addon.handled(), 1);
  },
  'more handlers of another addon than the guard can keep': async () => {
    const addon = loadSigbusAddon(program);
    const warnings: unknown[] = [];
    process.removeAllListeners('warning'); // does not print them
    process.on('warning', (warning) => void warnings.push((warning as NodeJS.ErrnoException).code));
    let mask = 0;
    for (; warnings.length === 0 && mask < 256; mask++) {
      addon.install(1, mask);
      map(path).close();
      await laterTick(); // the warning has come by then, too
    }
    assert.ok(mask > 60, `${mask} handlers`);
    checkHealed(); // this handler calls the guard
    assert.equal(addon.foreignFault(), 7);
    addon.install(0, 1);
    await laterTick();
    checkHealed(); // it is known, so map() has put the guard in front of it
    assert.deepEqual(warnings, ['MAPDIRECT_HANDLERS']);
  },
  'an alternate signal stack': () => {
    const { touch, isHealed } = truncated();
    assert.equal(loadSigbusAddon(program).alternateStack(), 0);
    touch();
    assert.equal(isHealed(), true);
  },
};

void runCase(cases, name);
