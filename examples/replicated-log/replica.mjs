// The second machine: it lends its memory to the primary, and its CPU takes no part in an append.
//
//   node replica.mjs FILE PORT [HOST]
import { createServer } from 'node:net';
import { map } from 'mapdirect';
import { VerbsDomain } from 'mapdirect/rdma';
import { Channel } from './channel.mjs';
import { Log } from './log.mjs';

const [file, port, host = '127.0.0.1'] = process.argv.slice(2);
const ACCESS = ['local-write', 'remote-read', 'remote-write', 'remote-flush'];

const mapping = map(file, { sync: 'require' });
const log = new Log(mapping);
const domain = VerbsDomain.open(); // one domain, one circle of trust: this primary alone
const registration = mapping.register({ domain, access: ACCESS });
let endpoint;

/** One connection of the primary. A new one ends the one before, so that an old primary cannot write any more. */
async function serve(channel) {
  endpoint?.close();
  const mine = (endpoint = domain.endpoint({ accept: ['remote-read', 'remote-write', 'remote-flush'] }));
  log.recover(); // the memory has changed without this CPU
  const { end, next } = log;
  const memory = registration.descriptor().toString('base64');
  channel.send({ id: end === 0 ? undefined : log.id, end, next, memory, endpoint: mine.local.toString('base64') });
  mine.connect(Buffer.from((await channel.receive()).endpoint, 'base64'));
  channel.send({ ready: true });
  console.log(`a primary has connected; ${next} records are here`);
}

const server = createServer((socket) => {
  serve(new Channel(socket)).catch((error) => {
    console.error(error.message);
    socket.destroy();
  });
});
server.listen(Number(port), host, () => console.log(`listening, with ${log.next} records`));
