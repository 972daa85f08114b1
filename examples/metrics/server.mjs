// node server.mjs FILE PORT: counts the requests to / in the mapped FILE, and has the counts of the package at
// /metrics.
import { createServer } from 'node:http';
import { map } from 'mapdirect';
import { metrics } from './metrics.mjs';

const [path = 'visits.bin', port = '9464'] = process.argv.slice(2);
const mapping = map(path, { create: true, size: 4096 });
let visits = Number(mapping.buffer.readBigUInt64LE(0));

async function answer(request, response) {
  if (request.url === '/metrics') {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(metrics());
    return;
  }
  mapping.buffer.writeBigUInt64LE(BigInt(++visits), 0);
  await mapping.persistAsync(0, 8); // counted, and timed
  response.end(`visit ${visits}\n`);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => response.writeHead(500).end(`${error.code}\n`));
});
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/metrics`));
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  mapping.closeAsync();
});
