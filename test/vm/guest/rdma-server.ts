// In the guest that is the server of two: checks the bytes of the round before, lends memory to the client, and runs
// the replica of examples/replicated-log. Arguments: ROUND RECORDS LOG, the last two as the client acknowledged them.
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { map } from '../../../lib/index.js';
import { VerbsDomain, type Endpoint } from '../../../lib/rdma/index.js';
import { judge } from '../crash-record.js';
import { placeOf } from '../layout.js';
import { LENGTH, onceAfterwards, ports, RECORD, recordAt, RECORDS, type Lent } from '../two-hosts-memory.js';
import { prepare } from './mounts.js';
import { judgeLog, Program } from './replicated-log.js';

const [round = 0, acknowledged = 0, acknowledgedOfLog = 0] = process.argv.slice(2).map(Number);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function check(title: string, isRight: boolean): void {
  say(`vm-test: ${isRight ? 'passed' : 'failed'} server, boot ${round}: ${title}`);
}

const mapping = map(prepare(placeOf('device-dax-4K')), { length: LENGTH, sync: 'require' });
const replica = prepare(placeOf('device-dax-2M'));

function stateOf(sequence: number, ofRound: number): ReturnType<typeof judge> {
  return judge(mapping.view(recordAt(sequence), RECORD), ofRound, sequence);
}

/** The bytes that the client has persisted before the power went. */
function verify(before: number): void {
  const once = onceAfterwards(before);
  check(
    'the bytes of write() and the words of the atomics are as they were flushed',
    mapping.view(0, once.length).equals(once),
  );
  const states = Array.from({ length: RECORDS }, (_, sequence) => stateOf(sequence, before));
  const lost = states.slice(0, acknowledged).filter((state) => state !== 'complete').length;
  const torn = states.filter((state) => state === 'torn').length;
  check(`${acknowledged} records acknowledged, ${lost} lost, ${torn} torn`, acknowledged > 0 && lost + torn === 0);
  judgeLog(replica, acknowledgedOfLog, check);
}

if (round > 0) verify(round - 1);
mapping.fill(0);

const domain = VerbsDomain.open();
const access = ['remote-read', 'remote-write', 'remote-atomic', 'remote-flush'] as const;
const registration = mapping.register({ domain, access });
let endpoint: Endpoint | undefined;

function lend(blob: Buffer): Lent {
  endpoint?.close();
  endpoint = domain.endpoint({ accept: access });
  endpoint.connect(blob);
  let next = 0;
  while (next < RECORDS && stateOf(next, round) === 'complete') next++;
  return {
    round,
    next,
    descriptor: registration.descriptor().toString('hex'),
    blob: endpoint.local.toString('hex'),
  };
}

createServer((request, response) => {
  buffer(request).then(
    (blob) => response.end(JSON.stringify(lend(blob))),
    () => response.destroy(), // the client has gone
  );
}).listen(ports.memory);

async function runReplica(): Promise<void> {
  const program = new Program('replica.mjs', replica, ports.log, '0.0.0.0');
  for (let line = await program.line(); line !== undefined; line = await program.line()) say(`replica: ${line}`);
  check(`the replica has ended: ${program.errors.replaceAll('\n', ' ')}`, false);
}
void runReplica();
