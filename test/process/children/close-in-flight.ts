// A request in flight sees no error when its mapping is closed: it finds zeros (natively), the bytes as they were (on
// the emulation), or no bytes at all. The table of docs/closing.md says which.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as crypto from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { map, type Mapping } from '../../../lib/index.js';

const [path = '', name = ''] = process.argv.slice(2);
const PIPE = 65536; // the capacity of a pipe (man 7 pipe)

const isNative = process.env['MAPDIRECT_BACKEND'] !== 'emulated';

function pipe(): number {
  execFileSync('mkfifo', [`${path}.pipe`]);
  return fs.openSync(`${path}.pipe`, 'r+');
}

async function write(mapping: Mapping): Promise<void> {
  const expected = isNative ? Buffer.alloc(PIPE) : Buffer.from(mapping.view(0, PIPE));
  const fd = pipe();
  fs.writeSync(fd, Buffer.alloc(PIPE, 0xee));
  const written = promisify(fs.write)(fd, mapping.buffer, 0, PIPE, null);
  await delay(50); // it waits for room in the pipe
  mapping.close();
  fs.readSync(fd, Buffer.alloc(PIPE));
  assert.equal((await written).bytesWritten, PIPE);
  const sent = Buffer.alloc(PIPE);
  assert.equal(fs.readSync(fd, sent), PIPE);
  assert.ok(sent.equals(expected), 'zeros were written, or the bytes of before');
}

async function read(mapping: Mapping): Promise<void> {
  const fd = pipe();
  const { buffer } = mapping;
  const reading = promisify(fs.read)(fd, buffer, 0, PIPE, null);
  mapping.close();
  fs.writeSync(fd, Buffer.alloc(PIPE, 0xee));
  assert.equal((await reading).bytesRead, PIPE);
  assert.equal(buffer.length, 0);
  assert.equal(fs.readFileSync(path).indexOf(0xee), -1);
}

async function writeFile(mapping: Mapping): Promise<void> {
  const written = promisify(fs.writeFile)(`${path}.copy`, mapping.buffer);
  mapping.close();
  await written;
  assert.equal(fs.statSync(`${path}.copy`).size, 0);
}

async function writeStream(mapping: Mapping): Promise<void> {
  const stream = fs.createWriteStream(`${path}.copy`);
  await once(stream, 'open');
  const fd = pipe(); // occupies the only thread of the pool
  const blocked = promisify(fs.read)(fd, Buffer.alloc(1), 0, 1, null);
  stream.write('first');
  const written = new Promise<unknown>((resolve) => stream.write(mapping.view(0, 1000), resolve));
  mapping.close();
  fs.writeSync(fd, 'x');
  await blocked;
  assert.equal((await written) ?? null, null);
  assert.equal(fs.readFileSync(`${path}.copy`, 'latin1'), 'first');
}

/** The runtime has copied the input of these. */
async function cryptoCalls(mapping: Mapping): Promise<void> {
  type Call = (bytes: Buffer) => Promise<Buffer>;
  const calls: readonly Call[] = [
    async (bytes) => Buffer.from(await crypto.webcrypto.subtle.digest('SHA-256', bytes)),
    (bytes) => promisify<Uint8Array, Uint8Array, number, Buffer>(crypto.scrypt)(bytes, bytes, 32),
    (bytes) => promisify(crypto.pbkdf2)(bytes, bytes, 10, 32, 'sha256'),
    async (bytes) => Buffer.from(await promisify(crypto.hkdf)('sha256', bytes, bytes, '', 32)),
  ];
  const view = mapping.view(0, PIPE);
  const expected = await Promise.all(calls.map((call) => call(Buffer.from(view))));
  const fd = pipe(); // occupies the only thread of the pool
  const blocked = promisify(fs.read)(fd, Buffer.alloc(1), 0, 1, null);
  const running = calls.map((call) => call(view));
  mapping.close();
  fs.writeSync(fd, 'x');
  await blocked;
  assert.deepEqual(await Promise.all(running), expected);
}

/** Counts the bytes that a client gets which reads only after the mapping was closed. */
async function expectZerosOrBytes(client: AsyncIterable<Buffer>, length: number): Promise<void> {
  let [received, zeros] = [0, 0];
  for await (const chunk of client) {
    received += chunk.length;
    if (chunk.equals(Buffer.alloc(chunk.length))) zeros += chunk.length;
  }
  assert.equal(received, length);
  if (isNative) assert.ok(zeros > length / 2, `${zeros} bytes are zeros`);
  else assert.equal(zeros, 0);
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as net.AddressInfo).port;
}

async function socket(mapping: Mapping): Promise<void> {
  const { buffer, length } = mapping;
  const server = net.createServer((peer) => {
    peer.end(buffer);
    mapping.close();
  });
  const client = net.connect(await listen(server), '127.0.0.1').pause();
  await delay(50);
  await expectZerosOrBytes(client, length);
  server.close();
}

async function response(mapping: Mapping): Promise<void> {
  const { buffer, length } = mapping;
  const server = http.createServer((_request, answer) => {
    answer.setHeader('Content-Length', length);
    answer.end(buffer);
    mapping.close();
  });
  const request = http.get({ port: await listen(server), host: '127.0.0.1', agent: false });
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
  await expectZerosOrBytes(answer, length);
  server.close();
}

/** The gzip gets copies, so it survives. */
async function gzipOfStream(mapping: Mapping): Promise<void> {
  const compressed = pipeline(mapping.createReadStream(), zlib.createGzip(), new PassThrough().resume());
  for (let turns = 0; turns < 5; turns++) await nextTurn();
  mapping.close();
  await assert.rejects(compressed, { code: 'ERR_MAPPING_CLOSED' });
}

const requests: Record<string, (mapping: Mapping) => Promise<void>> = {
  write,
  read,
  writeFile,
  'second write of a stream': writeStream,
  'crypto calls': cryptoCalls,
  socket,
  response,
  'gzip of a stream': gzipOfStream,
};

async function main(): Promise<void> {
  const mapping = map(path);
  await requests[name]?.(mapping);
  assert.ok(mapping.closed);
  process.stdout.write('done\n');
}
void main();
