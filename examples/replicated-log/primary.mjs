// The first machine: each line of standard input becomes a record. Its number is printed as soon as the record is
// durable on both machines, and not before.
//
//   node primary.mjs FILE PORT [HOST]
import { connect } from 'node:net';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { anonymous, map } from 'mapdirect';
import { RemoteMemory, VerbsDomain } from 'mapdirect/rdma';
import { Channel } from './channel.mjs';
import { Log } from './log.mjs';

const [file, port, host = '127.0.0.1'] = process.argv.slice(2);
const RETRY_MS = 100;
/** A machine that has lost its power says nothing, not even that it is gone. */
const SILENCE_MS = 5000;
const STAGING = 2 ** 20;

const mapping = map(file, { sync: 'require' });
const log = new Log(mapping);
if (log.end === 0) log.create();
const domain = VerbsDomain.open();
// The device sends from here: memory that it can pin, whatever the log itself lies on.
const staging = anonymous(STAGING);
const registration = staging.register({ domain, access: ['local-write'] });

/** The replica, as far as it is known: up to `end` its log is durable and equal to ours. */
class Replica {
  static async connect() {
    const socket = connect(Number(port), host);
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error(`${host} does not answer`)));
    const channel = new Channel(socket);
    await once(socket, 'connect');
    const endpoint = domain.endpoint();
    try {
      const peer = await channel.receive();
      if (peer.id !== undefined && peer.id !== log.id) throw new Error('the replica has another log');
      if (peer.end > log.end) throw new Error('the replica has records that are not here');
      endpoint.connect(Buffer.from(peer.endpoint, 'base64'));
      channel.send({ endpoint: endpoint.local.toString('base64') });
      await channel.receive();
      socket.setTimeout(0);
      return new Replica(channel, endpoint, RemoteMemory.from(Buffer.from(peer.memory, 'base64')), peer.end);
    } catch (error) {
      endpoint.close();
      channel.close();
      throw error;
    }
  }

  constructor(channel, endpoint, memory, end) {
    Object.assign(this, { channel, endpoint, memory, end });
  }

  /** Makes everything up to the end of our log durable there, too. */
  async catchUp() {
    while (this.end < log.end) {
      const length = Math.min(log.end - this.end, STAGING);
      staging.write(mapping.view(this.end, length), 0);
      await this.endpoint.persist(registration, 0, this.memory, this.end, length);
      this.end += length;
    }
  }

  close() {
    this.endpoint.close();
    this.channel.close();
  }
}

let replica;

/** Resolves when both machines have the log as it is now. It waits for a replica that is away. */
async function replicate() {
  for (;;) {
    try {
      replica ??= await Replica.connect();
      return await replica.catchUp();
    } catch (error) {
      console.error(`no replica: ${error.message}`);
      replica?.close();
      replica = undefined;
      await pause(RETRY_MS);
    }
  }
}

await replicate();
console.log(`ready, with ${log.next} records`);
for await (const line of createInterface({ input: process.stdin })) {
  const number = log.append(Buffer.from(line));
  await replicate();
  console.log(number);
}
replica?.close();
registration.deregister();
staging.close();
domain.close();
mapping.close();
