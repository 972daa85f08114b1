/**
 * The second half of close() fails after a flush that ran: the flush is not rejected, and nothing is left in the end.
 * A stub gives the kernel's answer at vm.max_map_count: V8 ends the process before the real limit.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Addon } from '../../../lib/backend/native/addon.js';
import { map, seals, stats, type Mapping } from '../../../lib/index.js';

const PAGE = 4096;
const ENOMEM = -12;
const warnings: string[] = [];
process.on('warning', (warning) => warnings.push(`${(warning as NodeJS.ErrnoException).code} ${warning.message}`));

/** Its addon refuses to unmap as often. */
function refuseToClose(mapping: Mapping, times: number): void {
  const { addon } = (mapping as unknown as { resources: { region: { native: { addon: Pick<Addon, 'close'> } } } })
    .resources.region.native;
  const { close } = addon;
  let left = times;
  addon.close = (slot) => {
    if (left-- > 0) return ENOMEM;
    addon.close = close;
    return close.call(addon, slot);
  };
}

async function eventually(condition: string, isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 5) {
    assert.ok(waited < 20_000, `${condition} did not come`);
    await delay(5);
  }
}

function traces(path: string): { mapped: boolean; open: number } {
  const names = fs.readdirSync('/proc/self/fd').map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return {
    mapped: fs.readFileSync('/proc/self/maps', 'latin1').includes(path),
    open: names.filter((name) => name === path).length,
  };
}

async function closeFails(path: string): Promise<void> {
  const mapping = map(path, { direct: { enforcement: 'advisory' } });
  const view = mapping.view();
  view.fill(1);
  refuseToClose(mapping, 3);
  const flushed = mapping.persistAsync();
  mapping.close();
  await flushed;
  assert.deepEqual([mapping.closed, view.length, seals.isSealed(path)], [true, 0, true]);
  assert.ok(traces(path).mapped);
  mapping.close();
  await eventually('the end of the seal', () => !seals.isSealed(path));
  assert.deepEqual(traces(path), { mapped: false, open: 0 });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^MAPDIRECT_UNCLOSED Memory of '.*' that is closed is still mapped.*ENOMEM/);
}

async function closeThatIsNotAwaitedFails(path: string): Promise<void> {
  const mapping = map(path);
  refuseToClose(mapping, 1);
  assert.throws(() => mapping.close(), { code: 'ENOMEM' });
  assert.equal(mapping.closed, false);
  mapping.close();
  assert.deepEqual([mapping.closed, traces(path)], [true, { mapped: false, open: 0 }]);
}

async function resizeMoves(path: string): Promise<void> {
  const mapping = map(path);
  refuseToClose(mapping, 2);
  mapping.resize(64 * PAGE);
  assert.equal(mapping.length, 64 * PAGE);
  await eventually(
    'the end of the old place',
    () => fs.readFileSync('/proc/self/maps', 'latin1').split(path).length === 2,
  );
  assert.match(warnings[0] ?? '', /^MAPDIRECT_UNCLOSED/);
  mapping.close();
  assert.deepEqual(traces(path), { mapped: false, open: 0 });
}

async function releaseFails(path: string): Promise<void> {
  const mapping = map(path, { direct: { enforcement: 'advisory' } });
  const [seal] = mapping.seals;
  assert.ok(seal !== undefined);
  const release = seal.release.bind(seal);
  seal.release = () => {
    throw new Error('no unlocking today');
  };
  mapping.view().fill(1);
  const flushed = mapping.persistAsync();
  mapping.close();
  await flushed;
  await eventually('the warning', () => warnings.length === 1);
  assert.match(warnings[0] ?? '', /^MAPDIRECT_UNCLOSED Memory of '.*' was unmapped.*no unlocking today/);
  release();
  assert.deepEqual([seals.isSealed(path), traces(path)], [false, { mapped: false, open: 0 }]);
}

async function main(dir: string): Promise<void> {
  for (const scenario of [closeFails, closeThatIsNotAwaitedFails, resizeMoves, releaseFails]) {
    const path = `${dir}-${scenario.name}`;
    fs.writeFileSync(path, Buffer.alloc(4 * PAGE, 7));
    warnings.length = 0;
    await scenario(path);
    fs.unlinkSync(path);
  }
  assert.equal(stats().mappings, 0);
  console.log('done');
}

void main(process.argv[2] ?? '');
