// A Mapping that is dropped unclosed is unmapped by garbage collection, and not before its last view is dropped too.
import assert from 'node:assert/strict';
import { map, stats } from '../../../lib/index.js';
import { eventually, mapsOf, nothingLeftOf, ranges } from './inspect.js';

const path = process.argv[2] ?? '';
const held: { view: Buffer | ArrayBuffer | undefined } = { view: undefined };

function dropMapping(): void {
  map(path);
}
function dropWithBuffer(): void {
  map(path).buffer[0] = 1;
}
function dropWithArrayBuffer(): void {
  new Uint8Array(map(path).arrayBuffer(0, 100))[0] = 1;
}
function keepView(): void {
  held.view = map(path).view(10, 20);
}
function keepArrayBuffer(): void {
  held.view = map(path).arrayBuffer(10, 20);
}
function dropWithStream(): void {
  map(path)
    .createReadStream()
    .once('end', () => undefined);
}
function dropWithStreamOfSignal(): void {
  map(path).createReadStream({ signal: new AbortController().signal });
}
function dropWhileClosing(): void {
  const mapping = map(path);
  mapping.createReadStream(); // neither read nor destroyed: closeAsync() waits for ever
  void mapping.closeAsync();
}
async function streamKeeps(): Promise<void> {
  const stream = map(path).createReadStream({ highWaterMark: 1000 });
  await collectSome();
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    globalThis.gc?.();
  }
  assert.equal(length, 65536);
}
function dropClosed(): void {
  const mapping = map(path);
  mapping.buffer[0] = 1;
  mapping.close();
}

async function collectSome(): Promise<void> {
  let turns = 0;
  await eventually('garbage was collected 20 times', () => ++turns > 20);
}

async function main(): Promise<void> {
  let leaked = 0;
  const isCollected = async (condition: string): Promise<void> => {
    await eventually(condition, () => stats().leaked === leaked + 1 && ranges() === 0);
    leaked++;
    assert.equal(stats().mappings, 0);
    assert.equal(stats().bytes, 0);
    await nothingLeftOf(path);
  };

  const drops = [dropMapping, dropWithBuffer, dropWithArrayBuffer];
  const dropsOfStreams = [dropWithStream, dropWithStreamOfSignal, dropWhileClosing];
  for (const drop of [...drops, ...dropsOfStreams]) {
    drop();
    await isCollected(drop.name);
  }
  for (const keep of [keepView, keepArrayBuffer]) {
    keep();
    await collectSome();
    assert.equal(stats().leaked, leaked);
    assert.equal(mapsOf(path), 1);
    assert.equal(held.view?.byteLength, 20);
    held.view = undefined;
    await isCollected(keep.name);
  }
  await streamKeeps();
  await isCollected('a stream that was read to its end');
  dropClosed();
  await eventually('a closed one is gone', () => ranges() === 0);
  assert.equal(stats().leaked, leaked);

  (() => void map(path).pin())();
  await collectSome();
  assert.equal(mapsOf(path), 1);
  process.stdout.write('done\n');
}

void main();
