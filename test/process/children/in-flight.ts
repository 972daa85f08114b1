// close() while a request of the runtime works on the memory. Pinned: refused until the pin is released. Unpinned: the
// rest of the request changes no other memory, least of all the file that is mapped right after.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { map } from '../../../lib/index.js';

const [path = '', victim = '', name = '', how] = process.argv.slice(2);
const PIPE = 65536; // the capacity of a pipe (man 7 pipe)

interface Request {
  readonly running: Promise<unknown>;
  /** Lets it end, where it waits for us. */
  readonly finish?: () => void;
}

function pipe(): number {
  execFileSync('mkfifo', [`${path}.pipe`]);
  return fs.openSync(`${path}.pipe`, 'r+');
}

const requests: Record<string, (memory: Buffer) => Request> = {
  'fs.read': (memory) => {
    const fd = pipe();
    const running = promisify(fs.read)(fd, memory, 0, memory.length, null);
    return { running, finish: () => fs.writeSync(fd, Buffer.alloc(PIPE, 0xee)) };
  },
  'fs.write': (memory) => {
    const fd = pipe();
    fs.writeSync(fd, Buffer.alloc(PIPE, 0xee));
    const running = promisify(fs.write)(fd, memory, 0, PIPE, null);
    const drain = (): void => {
      for (let left = 2 * PIPE; left > 0;) {
        const got = Buffer.alloc(left);
        const count = fs.readSync(fd, got);
        assert.equal(got.indexOf(secret), -1);
        left -= count;
      }
    };
    return { running, finish: drain };
  },
  'many fs.read': (memory) => {
    const fd = fs.openSync(path, 'r');
    const reads = Array.from({ length: 64 }, (_, i) =>
      promisify(fs.read)(fd, memory, i * 4096, memory.length - i * 4096, 0),
    );
    return { running: Promise.all(reads) };
  },
  randomFill: (memory) => ({ running: promisify(crypto.randomFill<Buffer>)(memory) }),
  scrypt: (memory) => ({
    running: promisify<Buffer, Buffer, number, Buffer>(crypto.scrypt)(memory.subarray(0, 32), memory, 32),
  }),
  pbkdf2: (memory) => ({ running: promisify(crypto.pbkdf2)('password', memory, 50_000, 32, 'sha512') }),
  digest: (memory) => ({ running: crypto.webcrypto.subtle.digest('SHA-256', memory) }),
  // Small chunks: the runtime comes back to its input many times, whatever it compresses to.
  deflate: (memory) => ({
    running: promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.deflate)(memory, { chunkSize: 64 }),
  }),
};

const secret = fs.readFileSync(victim).subarray(0, 14);

async function main(): Promise<void> {
  const mapping = map(path);
  const { buffer } = mapping;
  const pin = how === 'pinned' ? mapping.pin() : undefined;
  const request = requests[name]?.(buffer);
  assert.ok(request);
  // In the thread pool by now, on that memory.
  if (request.finish !== undefined) await delay(50);

  if (pin !== undefined) {
    assert.throws(() => mapping.close(), { code: 'EBUSY' });
    request.finish?.();
    await request.running;
    assert.notEqual(buffer.length, 0);
    pin.release();
  }
  mapping.close();
  assert.equal(buffer.length, 0);

  const before = fs.readFileSync(victim);
  const others = Array.from({ length: 4 }, () => map(victim));
  if (pin === undefined) request.finish?.();
  await request.running.catch((error: Error) => assert.match(String(error), /detach|range|operation/i));
  await delay(20);
  for (const other of others) assert.ok(other.buffer.equals(before));
  assert.ok(fs.readFileSync(victim).equals(before));
  process.stdout.write('done\n');
}

void main();
