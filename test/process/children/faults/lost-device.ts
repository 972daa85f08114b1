// The end of a block device goes away. Arguments: the DEVICE (a loop device over 1 MiB of watermark), its IMAGE.
import assert from 'node:assert/strict';
import { closeSync, openSync, truncateSync } from 'node:fs';
import { constants, mmap } from '../../../../lib/index.js';
import { MIB, PAGE } from '../../../support/sizes.js';
import { misplaced } from '../../../support/watermark.js';
import { eventually } from '../inspect.js';

const [device = '', image = ''] = process.argv.slice(2);
const { MAP_SHARED, PROT_READ, PROT_WRITE } = constants;

async function main(): Promise<void> {
  const fd = openSync(device, 'r+');
  using mapping = mmap(MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  closeSync(fd);
  const events: unknown[] = [];
  mapping.on('fault', (event) => void events.push(event));
  mapping.advise('random'); // no reading ahead
  assert.equal(misplaced(mapping.view(0, PAGE), 0), undefined);
  truncateSync(image, MIB / 2);
  const at = MIB / 2 + 8 * PAGE;
  assert.equal(mapping.view(at, 1)[0], 0);
  assert.equal(mapping.faulted, true);
  assert.throws(() => mapping.persist(at, 1), { code: 'ERR_MAPPING_FAULT', reason: 'io' });
  await eventually('the event has come', () => events.length > 0);
  const [event] = events as { offset: number; length: number; reason: string }[];
  assert.equal(event?.reason, 'io');
  assert.ok(event.offset <= at && at < event.offset + event.length, JSON.stringify(event));
  assert.ok(event.offset >= MIB / 2, JSON.stringify(event));
  mapping.persist(0, PAGE);
  assert.equal(misplaced(mapping.view(MIB / 4, PAGE), MIB / 4), undefined);
  process.stdout.write('done\n');
}

void main();
