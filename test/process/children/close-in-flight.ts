// A request in flight sees no error when its mapping is closed: it finds zeros, or no bytes at all.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { map, type Mapping } from '../../../lib/index.js';

const [path = '', name = ''] = process.argv.slice(2);
const PIPE = 65536; // the capacity of a pipe (man 7 pipe)

async function write(mapping: Mapping): Promise<void> {
  execFileSync('mkfifo', [`${path}.pipe`]);
  const fd = fs.openSync(`${path}.pipe`, 'r+');
  fs.writeSync(fd, Buffer.alloc(PIPE, 0xee));
  const written = promisify(fs.write)(fd, mapping.buffer, 0, PIPE, null);
  await delay(50); // it waits for room in the pipe
  mapping.close();
  fs.readSync(fd, Buffer.alloc(PIPE));
  assert.equal((await written).bytesWritten, PIPE);
  const sent = Buffer.alloc(PIPE);
  assert.equal(fs.readSync(fd, sent), PIPE);
  assert.ok(sent.equals(Buffer.alloc(PIPE)), 'zeros were written');
}

async function writeFile(mapping: Mapping): Promise<void> {
  const written = promisify(fs.writeFile)(`${path}.copy`, mapping.buffer);
  mapping.close();
  await written;
  assert.equal(fs.statSync(`${path}.copy`).size, 0);
}

/** Bytes that a client gets which reads only after the mapping was closed. */
async function socket(mapping: Mapping): Promise<void> {
  const server = net.createServer((peer) => {
    peer.end(mapping.buffer);
    mapping.close();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { length } = mapping;
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1').pause();
  await delay(50);
  let [received, zeros] = [0, 0];
  for await (const chunk of client as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (chunk.equals(Buffer.alloc(chunk.length))) zeros += chunk.length;
  }
  server.close();
  assert.equal(received, length);
  assert.ok(zeros > length / 2, `${zeros} bytes are zeros`);
}

const requests: Record<string, (mapping: Mapping) => Promise<void>> = { write, writeFile, socket };

async function main(): Promise<void> {
  const mapping = map(path);
  await requests[name]?.(mapping);
  assert.ok(mapping.closed);
  process.stdout.write('done\n');
}
void main();
