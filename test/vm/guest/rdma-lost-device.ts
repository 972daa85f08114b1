// A device goes while it is open. Arguments: a file; and 'real' on a kernel that lets soft RoCE go, else the notice is
// rehearsed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { map, stats } from '../../../lib/index.js';
import { deviceEvents } from '../../../lib/rdma/device-events.js';
import { VerbsDomain } from '../../../lib/rdma/index.js';

/** The first id that the addon gives. */
const DOMAIN = 1;

const [, , path = '', mode = 'rehearsed'] = process.argv;
const domain = VerbsDomain.open();
const mapping = map(path);
const registrations = [mapping.register({ domain }), mapping.register({ domain, access: ['remote-read'] })];
const other = mapping.register({ offset: 0, length: 1 });
const endpoint = domain.endpoint();
const heard: string[] = [];
for (const each of registrations) each.on('fenced', ({ reason }) => heard.push(`fenced: ${reason}`));
endpoint.on('failed', ({ error }) => heard.push(`failed: ${(error as Error).message}`));
domain.on('fatal', ({ device }) => heard.push(`fatal: ${device}`));

function check(): void {
  assert.deepEqual(heard.sort(), [
    'failed: rxe0: the device is gone',
    'fatal: rxe0',
    'fenced: device',
    'fenced: device',
  ]);
  assert.deepEqual([registrations.map(({ valid }) => valid), other.valid], [[false, false], true]);
  assert.deepEqual([endpoint.state, stats().registrations, mapping.seals[0]?.state], ['failed', 1, 'held']);
  other.deregister();
  endpoint.close();
  mapping.close();
  domain.close();
  console.log('done');
}

const alive = setInterval(() => undefined, 1000); // a domain keeps no process alive
domain.once('fatal', () => {
  clearInterval(alive);
  setImmediate(check); // after all other listeners
});
if (mode === 'real') execFileSync('rdma', ['link', 'delete', 'rxe0']);
else deviceEvents.hear(DOMAIN);
