// In the guest that is the client of two: appends records to the memory of the server, and feeds the primary of
// examples/replicated-log. It tells the host of each acknowledged record, and goes on when the server is back.
// Arguments: SERVER BOOT LOG, the last as it was acknowledged before.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { anonymous } from '../../../lib/index.js';
import { RemoteMemory, VerbsDomain, type Endpoint } from '../../../lib/rdma/index.js';
import { bodyOf, MARK_AT, markOf } from '../crash-record.js';
import { placeOf } from '../layout.js';
import {
  ADDEND,
  onceOf,
  ports,
  PUBLISHED,
  RECORD,
  recordAt,
  RECORDS,
  REPLACEMENT,
  words,
  type Lent,
} from '../two-hosts-memory.js';
import { prepare } from './mounts.js';
import { createLog, judgeLog, Program, textOf } from './replicated-log.js';

const [, , server = '', bootText = '0', logText = '0'] = process.argv;
const boot = Number(bootText);
const LOG_SIZE = 2 ** 24;
/** Records under way at once. */
const LANES = 4;
/** Milliseconds without an answer to a request over TCP: a machine without power says nothing. */
const SILENCE = 5000;
const RETRY = 100;
/** Between the records of a lane: the memory lasts for a round. */
const PACE = 5;

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function check(title: string, isRight: boolean): void {
  say(`vm-test: ${isRight ? 'passed' : 'failed'} client, boot ${boot}: ${title}`);
}

const domain = VerbsDomain.open();
const source = onceOf(0);
const staging = anonymous(source.length);
const registration = staging.register({ domain, access: ['local-write'] });

/** The time of the last completion. */
let heard = 0;

interface Connection extends Lent {
  readonly endpoint: Endpoint;
  readonly memory: RemoteMemory;
}

async function connect(): Promise<Connection> {
  const endpoint = domain.endpoint();
  try {
    const answer = await fetch(`http://${server}:${ports.memory}`, {
      method: 'POST',
      body: endpoint.local,
      signal: AbortSignal.timeout(SILENCE),
    });
    const lent = (await answer.json()) as Lent;
    endpoint.connect(Buffer.from(lent.blob, 'hex'));
    return { ...lent, endpoint, memory: RemoteMemory.from(Buffer.from(lent.descriptor, 'hex')) };
  } catch (error) {
    endpoint.close();
    throw error;
  }
}

/** Writes the bytes that are written once, changes words of them, and persists all. */
async function writeOnce({ endpoint, memory, round }: Connection): Promise<void> {
  const once = onceOf(round);
  staging.write(once, 0);
  await endpoint.write(registration, 0, memory, 0, once.length);
  await endpoint.fetchAdd(memory, words.fetchAdd, ADDEND);
  await endpoint.compareExchange(
    memory,
    words.compareExchange,
    once.readBigUInt64LE(words.compareExchange),
    REPLACEMENT,
  );
  await endpoint.writeAtomic(memory, words.writeAtomic, PUBLISHED);
  await endpoint.flush(memory, 0, once.length, 'persistent');
}

/** The mark follows the body, without a wait: operations are done in their order. */
async function append({ endpoint, memory, round }: Connection, sequence: number): Promise<void> {
  const at = (sequence % LANES) * RECORD;
  staging.view(at, RECORD).set(Buffer.concat([bodyOf(round, sequence), markOf(round, sequence)]));
  const to = recordAt(sequence);
  await Promise.all([
    endpoint.persist(registration, at, memory, to, MARK_AT),
    endpoint.persist(registration, at + MARK_AT, memory, to + MARK_AT, RECORD - MARK_AT),
  ]);
  say(`vm-ack: records ${round} ${sequence}`);
  heard = performance.now();
}

/** Until the connection fails. */
async function appendAll(connection: Connection): Promise<void> {
  if (connection.next === 0) await writeOnce(connection);
  let { next } = connection;
  const lane = async (): Promise<void> => {
    for (; next < RECORDS; await pause(PACE)) await append(connection, next++);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  check(`the power stayed for ${RECORDS} records`, false);
}

async function appendForever(): Promise<never> {
  for (;;) {
    let connection: Connection | undefined;
    try {
      connection = await connect();
      heard = performance.now();
      await appendAll(connection);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      say(
        connection === undefined
          ? 'vm-heard: no answer'
          : `vm-heard: ${code} after ${Math.round(performance.now() - heard)} ms`,
      );
    }
    connection?.endpoint.close();
    await pause(RETRY);
  }
}

async function feedPrimary(): Promise<never> {
  const file = join(prepare(placeOf('ext4-dax'), boot > 0), 'primary.log');
  if (boot === 0) createLog(file, LOG_SIZE);
  else judgeLog(file, Number(logText), check);
  const primary = new Program('primary.mjs', file, ports.log, server);
  for (let next = Number((await primary.expectLine(/^ready, with \d+/)).replace(/\D/g, '')); ; next++) {
    if (next > 0) say(`vm-ack: log ${next - 1}`);
    primary.send(textOf(next));
    await primary.expectLine(new RegExp(`^${next}$`));
  }
}

Promise.race([feedPrimary(), appendForever()]).catch((error: unknown) => {
  check(String((error as Error).stack), false);
  process.exit();
});
