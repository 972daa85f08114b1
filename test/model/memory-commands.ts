import assert from 'node:assert/strict';
import type fc from 'fast-check';
import { constants, type Mapping } from '../../lib/index.js';
import { on, rangeCode, type Chosen, type ModelCommand } from './command.js';
import { HeapMemory } from './heap-memory.js';
import { pageUp } from './model-file.js';
import { FAULT } from './model-memory.js';
import { codeOf, compareBytes } from './state.js';

const { PAGE_SIZE } = constants;

/**
 * Bytes between the end of the file and the end of its last page keep what is stored there, or lose it: no promise. The
 * commands store only before the end of the file, or behind that page.
 */
function isInTail({ model: { file }, known: { offset, memory }, offset: at, length }: Chosen): boolean {
  if (memory instanceof HeapMemory) return false;
  const end = offset + at + length;
  return end > file.length && offset + at < pageUp(file.length);
}

/** A call that reads a range. */
function reads(
  name: string,
  call: (mapping: Mapping, offset: number, length: number) => Promise<Uint8Array> | Uint8Array,
): fc.Arbitrary<ModelCommand> {
  return on(name, async (chosen) => {
    const { known, mapping, offset, length } = chosen;
    if (length === 0 || known.memory.isUnsure(chosen, 'read')) return;
    let code = rangeCode(chosen);
    if (code === undefined) known.memory.touch(chosen, 'read');
    let bytes = new Uint8Array();
    const got = await codeOf(async () => (bytes = Uint8Array.from(await call(mapping, offset, length))));
    if (name === 'createReadStream' && code === undefined && known.memory.isLost(chosen)) code = FAULT;
    assert.equal(got, code);
    if (code !== undefined) return;
    assert.equal(bytes.length, length);
    compareBytes(known, offset, bytes);
  });
}

async function readStream(mapping: Mapping, start: number, length: number): Promise<Uint8Array> {
  const chunks = await mapping.createReadStream({ start, end: start + length - 1, highWaterMark: PAGE_SIZE }).toArray();
  return Buffer.concat(chunks as Buffer[]);
}

const emptyViewCommand = on('view of no bytes', async ({ mapping, offset }) => {
  assert.equal(await codeOf(() => mapping.view(offset, 0)), 'ERR_OUT_OF_RANGE');
});

const storeCommand = on('store', (chosen) => {
  const { known, mapping, offset, length, byte } = chosen;
  if (length === 0 || rangeCode(chosen) !== undefined || isInTail(chosen)) return;
  if (known.memory.isUnsure(chosen, 'write')) return;
  known.memory.store(offset, Buffer.alloc(length, byte));
  mapping.view(offset, length).fill(byte);
});

/** A store by a method, and how the bytes get into the file. */
function stores(
  name: string,
  call: (mapping: Mapping, offset: number, bytes: Buffer) => void,
): fc.Arbitrary<ModelCommand> {
  return on(name, async (chosen) => {
    const { known, mapping, offset, length, byte } = chosen;
    if (isInTail(chosen) || known.memory.isUnsure(chosen, 'write')) return;
    const bytes = Buffer.alloc(length, byte);
    const expected = known.access === 'read' ? 'EACCES' : rangeCode(chosen);
    const isStored = expected === undefined && length > 0;
    if (isStored) known.memory.store(offset, bytes);
    const code = isStored ? known.memory.persist(chosen) : expected;
    assert.equal(await codeOf(() => call(mapping, offset, bytes)), code);
  });
}

/** A call that makes a range durable. */
function flushes(
  name: string,
  call: (mapping: Mapping, offset: number, length: number) => unknown,
): fc.Arbitrary<ModelCommand> {
  return on(name, async (chosen) => {
    const { known, mapping, offset, length } = chosen;
    const code = rangeCode(chosen) ?? known.memory.persist(chosen);
    assert.equal(await codeOf(() => call(mapping, offset, length)), code);
  });
}

const drainCommand = on('drain', async ({ known, mapping }) => {
  assert.equal(await codeOf(() => mapping.drain()), known.memory.drain());
});

const remapCommand = on('remap', async ({ known, mapping }) => {
  if (known.pins > 0) {
    assert.equal(await codeOf(() => mapping.remap()), 'EBUSY');
    return;
  }
  const code = known.memory.remap();
  if (code !== 'unsure') assert.equal(await codeOf(() => mapping.remap()), code);
});

const pagingCommand = on('advise, populate', async (chosen) => {
  const { model, known, mapping, offset, length } = chosen;
  const code = rangeCode(chosen);
  const start = known.offset + offset;
  assert.equal(await codeOf(() => mapping.advise('willneed', offset, length)), code);
  if (start + length > model.file.length || model.file.isShort(start, length)) return;
  assert.equal(await codeOf(() => mapping.populate(offset, length)), code);
  if (code === undefined) known.memory.touch(chosen, 'write');
});

/** wait() and notify(): the errors that they share. undefined: none. */
function wordCode(chosen: Chosen, offset: number): string | undefined {
  const { model, known } = chosen;
  const word = { offset, length: 4 };
  const isInside = rangeCode({ ...chosen, ...word }) === undefined;
  if (offset % 4 !== 0 || !isInside) return 'ERR_OUT_OF_RANGE';
  if (model.backend === 'emulated' || known.access !== 'write') return 'EOPNOTSUPP';
  if (known.memory.isLost(word)) return FAULT;
  const place = known.offset + offset;
  if (place >= pageUp(model.file.length) || model.file.isShort(place, 4)) return 'EFAULT';
  known.memory.touch(word, 'write');
  return undefined;
}

const waitCommand = on('wait', async (chosen) => {
  const { known, mapping, byte } = chosen;
  const offset = byte % 8 === 0 ? chosen.offset : chosen.offset - (chosen.offset % 4);
  const code = wordCode(chosen, offset);
  let word = 0;
  if (code === undefined) {
    const bytes = [0, 1, 2, 3].map((at) => known.memory.byte(offset + at));
    if (bytes.includes(undefined)) return;
    word = Buffer.from(bytes as number[]).readInt32LE();
  }
  let result: string | undefined;
  const expected = byte % 2 === 0 ? word : word ^ 1;
  assert.equal(await codeOf(() => (result = mapping.wait(offset, expected, 0))), code);
  if (code === undefined) assert.equal(result, byte % 2 === 0 ? 'timed-out' : 'not-equal');
});

const notifyCommand = on('waitAsync, notify', async (chosen) => {
  const { known, mapping } = chosen;
  const offset = chosen.offset - (chosen.offset % 4);
  if (wordCode(chosen, offset) !== undefined || known.memory.byte(offset + 3) === undefined) return;
  const word = mapping.view(offset, 4).readInt32LE();
  const waiting = mapping.waitAsync(offset, word, { timeout: 60_000 });
  let isOver = false;
  const over = waiting.finally(() => (isOver = true));
  while (!isOver && mapping.notify(offset) === 0) await new Promise(setImmediate);
  assert.equal(await over, 'ok');
});

const badBlocksCommand = on('badBlocks', async ({ real, mapping }) => {
  assert.equal(await codeOf(() => assert.deepEqual(mapping.badBlocks(), [])), real.place.badBlocksCode);
});

/** Bytes of mappings. The first commands are the most important ones for a short counterexample. */
export const memoryCommands = [
  reads('read', (mapping, offset, length) => mapping.view(offset, length)),
  storeCommand,
  stores('write', (mapping, offset, bytes) => mapping.write(bytes, offset)),
  stores('write, drain later', (mapping, offset, bytes) => mapping.write(bytes, offset, { drain: false })),
  stores('fill', (mapping, offset, bytes) => mapping.fill(bytes[0] ?? 0, offset, bytes.length)),
  flushes('persist', (mapping, offset, length) => mapping.persist(offset, length)),
  flushes('flush', (mapping, offset, length) => mapping.flush(offset, length)),
  flushes('persistAsync', (mapping, offset, length) => mapping.persistAsync(offset, length)),
  flushes('deepPersist', (mapping, offset, length) => mapping.deepPersist(offset, length)),
  flushes('persistRanges', (mapping, offset, length) => mapping.persistRanges([[offset, length]])),
  drainCommand,
  remapCommand,
  reads('createReadStream', readStream),
  emptyViewCommand,
  pagingCommand,
  waitCommand,
  notifyCommand,
  badBlocksCommand,
];
