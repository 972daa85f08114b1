import { describe, expect, test } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { markAsUntransferable } from 'node:worker_threads';
import { anonymous, attach, constants, map, Mapping } from '../../lib/index.js';
import { capable, describeBackends } from '../support/backends.js';
import { expectMisuse, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';

const { PAGE_SIZE } = constants;
const LENGTH = 4 * 2 ** 20 + 100;
const scratch = new Scratch();

describeBackends('Mapping.of()', (backend, capabilities) => {
  const partial = capable(capabilities.partialArrayBuffers, 'ArrayBuffer of a part');

  describe('finds the mapping, and the place of the first byte', () => {
    test.each([
      ['buffer', ({ buffer }: Mapping) => buffer, 0],
      ['a small view', (mapping: Mapping) => mapping.view(5, 10), 5],
      ['a small view behind the first MiB', (mapping: Mapping) => mapping.view(3 * 2 ** 20 + 7, 10), 3 * 2 ** 20 + 7],
      ['a large view', (mapping: Mapping) => mapping.view(2 ** 20 + 1, 2 ** 20), 2 ** 20 + 1],
      ['a part of a part', (mapping: Mapping) => mapping.view(100).subarray(20).subarray(3, 4), 123],
      ['an empty part', (mapping: Mapping) => mapping.view(100).subarray(9, 9), 109],
      ['an empty part at the end', (mapping: Mapping) => mapping.buffer.subarray(LENGTH), LENGTH],
      ['the ArrayBuffer of all of it', (mapping: Mapping) => mapping.arrayBuffer(), 0],
      ['a Float64Array', (mapping: Mapping) => new Float64Array(mapping.arrayBuffer(), 64, 1), 64],
      ['a DataView', (mapping: Mapping) => new DataView(mapping.arrayBuffer(), 33, 1), 33],
      [
        'a Uint8Array of another realm',
        (mapping: Mapping) =>
          runInNewContext('new Uint8Array(memory, 44)', { memory: mapping.arrayBuffer() }) as Uint8Array,
        44,
      ],
      [
        'a view that lies',
        (mapping: Mapping) =>
          Object.defineProperties(mapping.view(66), { buffer: { value: 5 }, byteOffset: { value: 7 } }),
        66,
      ],
    ])('of %s', (_title, memoryIn, offset) => {
      using other = map(scratch.file(LENGTH), { backend });
      using mapping = map(scratch.file(LENGTH), { backend });
      expect(other.buffer.length).toBe(LENGTH);
      expect(Mapping.of(memoryIn(mapping))).toEqual({ mapping, offset });
      expect(Mapping.of(memoryIn(mapping))?.mapping).toBe(mapping);
    });

    test('of a mapping that starts inside the file: the offset is that in the mapping', () => {
      using mapping = map(scratch.file(LENGTH), { backend, offset: PAGE_SIZE });
      expect(Mapping.of(mapping.view(9))?.offset).toBe(9);
    });

    test.each(['read', 'copy'] as const)("with access '%s'", (access) => {
      using mapping = map(scratch.file(LENGTH), { backend, access });
      expect(Mapping.of(mapping.view(9))?.mapping).toBe(mapping);
    });

    partial.test('of an ArrayBuffer of a part', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expect(Mapping.of(mapping.arrayBuffer(4096, 64))?.offset).toBe(4096);
      expect(Mapping.of(new Uint8Array(mapping.arrayBuffer(4096, 64), 6))?.offset).toBe(4102);
    });

    test('the one that was attached, not the one that was shared', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      using attached = attach(mapping.share());
      expect(Mapping.of(attached.view(3))?.mapping).toBe(attached);
      expect(Mapping.of(mapping.view(3))?.mapping).toBe(mapping);
    });
  });

  describe('undefined is', () => {
    test.each([
      ['a Buffer of the heap', () => Buffer.alloc(8)],
      ['an empty one', () => new Uint8Array(0)],
      ['an ArrayBuffer', () => new ArrayBuffer(8)],
      ['a SharedArrayBuffer', () => new SharedArrayBuffer(8)],
      ['one that was detached', () => structuredCloneAway(new ArrayBuffer(8))],
    ])('foreign memory: %s', (_title, make) => expect(Mapping.of(make())).toBeUndefined());

    test('a copy', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expect(Mapping.of(Buffer.from(mapping.view(0, 8)))).toBeUndefined();
      expect(Mapping.of(mapping.arrayBuffer().slice(0))).toBeUndefined();
      expect(Mapping.of(structuredClone(mapping.view(0, 8)))).toBeUndefined();
    });

    test('what was there before close()', () => {
      const mapping = map(scratch.file(LENGTH), { backend });
      const memories = [mapping.buffer, mapping.view(5, 5), mapping.arrayBuffer(), new DataView(mapping.arrayBuffer())];
      mapping.close();
      expect(memories.map((memory) => Mapping.of(memory))).toEqual(memories.map(() => undefined));
    });

    test('what a shrink has cut off, and what a move has left behind', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      const before = mapping.view(LENGTH - 10);
      mapping.resize(PAGE_SIZE);
      expect(Mapping.of(before)).toBeUndefined();
      const { buffer } = mapping;
      mapping.resize(LENGTH);
      expect([Mapping.of(mapping.view(7))?.offset, Mapping.of(buffer)]).toEqual([7, undefined]);
    });

    test('a view that could not be detached: its memory belongs to no file', () => {
      const mapping = map(scratch.file(LENGTH), { backend });
      const view = mapping.view(LENGTH - 10);
      markAsUntransferable(view.buffer);
      mapping.resize(PAGE_SIZE);
      expect(Mapping.of(view)).toBeUndefined();
      mapping.resize(2 * LENGTH);
      expect(Mapping.of(view)).toBeUndefined();
      const later = mapping.arrayBuffer();
      markAsUntransferable(later);
      mapping.close();
      expect(Mapping.of(later)).toBeUndefined();
    });
  });
});

/** The ArrayBuffer after its transfer. */
function structuredCloneAway(memory: ArrayBuffer): ArrayBuffer {
  structuredClone(memory, { transfer: [memory] });
  return memory;
}

test('Mapping.of() finds anonymous memory', () => {
  using mapping = anonymous(PAGE_SIZE);
  expect(Mapping.of(mapping.view(8))).toEqual({ mapping, offset: 8 });
});

test.each([[undefined], [null], [5], ['text'], [{}], [[]], [{ buffer: new ArrayBuffer(8), byteOffset: 0 }]])(
  'Mapping.of(%p) is ERR_INVALID_ARG_TYPE',
  (value) => {
    expectMisuse(
      thrown(() => Mapping.of(value as unknown as Uint8Array)),
      'ERR_INVALID_ARG_TYPE',
      'memory',
    );
  },
);
