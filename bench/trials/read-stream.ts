// Reads a file as a stream. Arguments: FILE CHUNK mapping|fs here|http. http: the stream is the body of a response to a
// client in another process, and only the server is counted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { map } from '../../lib/index.js';
import type { Figures } from '../benchmark.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const file = argument(0);
const highWaterMark = numericArgument(1);
const { size } = fs.statSync(file);

function source(): () => Readable {
  if (argument(2) === 'fs') return () => fs.createReadStream(file, { highWaterMark });
  const mapping = map(file, { access: 'read' });
  return () => mapping.createReadStream({ highWaterMark });
}

async function drain(stream: Readable): Promise<void> {
  let total = 0;
  for await (const chunk of stream) total += (chunk as Buffer).length;
  if (total !== size) throw new Error(`${total} bytes were read, not ${size}`);
}

async function serve(open: () => Readable): Promise<void> {
  const server = http.createServer((_request, response) => {
    void pipeline(open(), response).finally(() => server.close());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const client = spawn(process.execPath, [__filename, file, String(highWaterMark), url, 'client'], {
    stdio: 'inherit',
  });
  const [code] = (await once(client, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the client ended with ${code}`);
}

async function client(url: string): Promise<void> {
  const [response] = (await once(http.get(url, { agent: false }), 'response')) as [http.IncomingMessage];
  await drain(response);
}

/** CPU time counts all threads. */
async function measure(run: () => Promise<void>): Promise<{ wall: number; cpu: number }> {
  const start = process.hrtime.bigint();
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return { wall: Number(process.hrtime.bigint() - start), cpu: (user + system) * 1000 };
}

async function figures(): Promise<Figures> {
  const open = source();
  if (argument(3) === 'here') return measure(() => drain(open()));
  const { wall, cpu } = await measure(() => serve(open));
  return { httpWall: wall, httpCpu: cpu };
}

if (argument(3) === 'client') void client(argument(2));
else void figures().then(printFigures);
