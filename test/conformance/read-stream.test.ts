import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { Writable, type Readable } from 'node:stream';
import { buffer as collect } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { constants, map, mmap, type Mapping } from '../../lib/index.js';
import { capable, describeBackends } from '../support/backends.js';
import { expectMisuse, expectSystemError, rejected, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { MIB } from '../support/sizes.js';
import { misplaced } from '../support/watermark.js';

const { PAGE_SIZE, PROT_NONE, PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS } = constants;
const LENGTH = 5 * MIB + 123;
const scratch = new Scratch();

/** The bytes in the stream's own buffer. */
const buffered = (stream: Readable): number => stream.readableLength;

describeBackends('createReadStream', (backend, capabilities) => {
  const path = scratch.file(LENGTH);
  const mapped = (): Mapping => map(path, { backend });
  const small = (): Mapping => map(scratch.file(1000), { backend });

  test.each([
    ['all', {}],
    ['from start', { start: 5 }],
    ['to end', { end: 70_000 }],
    ['both', { start: MIB - 1, end: 2 * MIB }],
    ['one byte', { start: 77, end: 77 }],
    ['the last byte', { start: LENGTH - 1 }],
    ['chunks of 1 byte', { start: MIB - 5, end: MIB + 5, highWaterMark: 1 }],
    ['chunks of a page', { start: 1, highWaterMark: PAGE_SIZE }],
    ['chunks that are larger than the range', { highWaterMark: 2 ** 30 }],
    ['undefined options', { start: undefined, end: undefined, highWaterMark: undefined, signal: undefined }],
  ])('%s: the bytes of fs.createReadStream()', async (_name, options) => {
    const mapping = mapped();
    const got = await collect(mapping.createReadStream(options));
    expect(got.equals(await collect(createReadStream(path, { ...options })))).toBe(true);
    mapping.close();
  });

  test('a chunk has at most highWaterMark bytes', async () => {
    const mapping = mapped();
    const lengths: number[] = [];
    const stream = mapping.createReadStream({ end: 10 * PAGE_SIZE - 1, highWaterMark: PAGE_SIZE });
    stream.on('data', (chunk: Buffer) => lengths.push(chunk.length));
    await once(stream, 'end');
    expect(lengths).toEqual(Array.from({ length: 10 }, () => PAGE_SIZE));
    mapping.close();
  });

  test('reads nothing before it is read, and no more than its buffer holds', async () => {
    const mapping = mapped();
    const stream = mapping.createReadStream({ highWaterMark: 1000 });
    for (let i = 0; i < 5; i++) await turn();
    expect(buffered(stream)).toBe(0);
    mapping.buffer[0] = 1; // seen: the copy comes later
    await once(stream, 'readable');
    const first = stream.read(10) as Buffer;
    expect(first[0]).toBe(1);
    for (let i = 0; i < 20; i++) await turn();
    expect(buffered(stream)).toBeLessThanOrEqual(2000);
    stream.destroy();
    mapping.buffer[0] = readFileSync(scratch.file(1))[0] ?? 0;
    mapping.close();
  });

  test('a slow consumer gets all of it', async () => {
    const mapping = small();
    const got: Buffer[] = [];
    const slow = new Writable({
      highWaterMark: 1,
      write: (chunk: Buffer, _encoding, done) => {
        got.push(chunk);
        setImmediate(done);
      },
    });
    await pipeline(mapping.createReadStream({ highWaterMark: 7 }), slow);
    expect(misplaced(Buffer.concat(got), 0)).toBeUndefined();
    mapping.close();
  });

  test('a chunk is a copy: no store changes it, close() leaves it, and it shares no memory with the mapping', async () => {
    const mapping = small();
    const chunk = await collect(mapping.createReadStream());
    mapping.buffer.fill(0);
    expect(misplaced(chunk, 0)).toBeUndefined();
    mapping.close();
    expect(misplaced(chunk, 0)).toBeUndefined();
  });

  test('many streams of one mapping do not disturb each other', async () => {
    const mapping = mapped();
    const starts = Array.from({ length: 20 }, (_, i) => i * 100_003);
    const all = await Promise.all(
      starts.map((start) => collect(mapping.createReadStream({ start, end: start + 99_999 }))),
    );
    expect(all.map((bytes, i) => misplaced(bytes, starts[i] ?? 0)).filter((wrong) => wrong !== undefined)).toEqual([]);
    mapping.close();
  });

  describe('close()', () => {
    test('before the first read: ERR_MAPPING_CLOSED', async () => {
      const mapping = mapped();
      const stream = mapping.createReadStream();
      const ended = rejected(collect(stream));
      mapping.close();
      const error = await ended;
      expect([error.code, error.message]).toEqual(['ERR_MAPPING_CLOSED', 'createReadStream: the mapping is closed']);
    });

    test('in the middle: the consumer has whole chunks of the right bytes, then ERR_MAPPING_CLOSED', async () => {
      const mapping = mapped();
      const stream = mapping.createReadStream({ highWaterMark: 1000 });
      const got: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => {
        got.push(chunk);
        if (got.length === 100) mapping.close();
      });
      const [error] = (await once(stream, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).toBe('ERR_MAPPING_CLOSED');
      const bytes = Buffer.concat(got);
      expect([bytes.length % 1000, bytes.length < 110_000]).toEqual([0, true]); // some chunks were copied already
      expect(misplaced(bytes, 0)).toBeUndefined();
    });

    test('while the consumer is stalled: the error comes without another read', async () => {
      const mapping = mapped();
      const stream = mapping.createReadStream();
      await once(stream, 'readable');
      const failed = once(stream, 'error') as Promise<[NodeJS.ErrnoException]>;
      mapping.close();
      expect((await failed)[0].code).toBe('ERR_MAPPING_CLOSED');
      expect(stream.destroyed).toBe(true);
    });

    test('after the last byte was copied: no error, the consumer gets it all', async () => {
      const mapping = small();
      const stream = mapping.createReadStream();
      await once(stream, 'readable'); // one chunk
      mapping.close();
      expect(misplaced(await collect(stream), 0)).toBeUndefined();
    });

    test('from a listener of the stream: no crash', async () => {
      const mapping = mapped();
      const stream = mapping.createReadStream();
      stream.once('data', () => mapping.close());
      expect(((await once(stream, 'error')) as [NodeJS.ErrnoException])[0].code).toBe('ERR_MAPPING_CLOSED');
    });
  });

  describe('signal', () => {
    test('an abort destroys the stream with AbortError, and frees the mapping', async () => {
      const mapping = mapped();
      const controller = new AbortController();
      const stream = mapping.createReadStream({ signal: controller.signal, highWaterMark: 1000 });
      const ended = new Promise<Error>((resolve) => stream.once('error', resolve));
      const closing = mapping.closeAsync();
      stream.once('data', () => controller.abort(new Error('enough'))); // after the first of many chunks
      const error = await ended;
      expect([error.name, (error.cause as Error).message]).toEqual(['AbortError', 'enough']);
      await closing;
    });

    test('one that is aborted already: AbortError, and the mapping is free', async () => {
      const mapping = mapped();
      const error = await rejected(collect(mapping.createReadStream({ signal: AbortSignal.abort() })));
      expect(error.name).toBe('AbortError');
      await mapping.closeAsync();
    });

    test('one signal for 100 streams is no leak of listeners', async () => {
      const warnings: Error[] = [];
      const note = (warning: Error): void => void warnings.push(warning);
      process.on('warning', note);
      const mapping = small();
      const { signal } = new AbortController();
      const streams = Array.from({ length: 100 }, () => mapping.createReadStream({ signal }));
      const all = await Promise.all(streams.map((stream) => collect(stream)));
      expect(all.every((bytes) => misplaced(bytes, 0) === undefined)).toBe(true);
      await turn();
      process.off('warning', note);
      expect(warnings).toEqual([]);
      mapping.close();
    });
  });

  test('destroy() at any moment frees the mapping', async () => {
    const mapping = mapped();
    const reason = new Error('mine');
    const [unread, reading, stalled] = [1, 2, 3].map(() => mapping.createReadStream()) as [
      Readable,
      Readable,
      Readable,
    ];
    await once(stalled, 'readable');
    reading.resume(); // its pages are being brought in
    const errors = [unread, reading, stalled].map((stream) => once(stream, 'error'));
    for (const stream of [unread, reading, stalled]) stream.destroy(reason);
    expect(await Promise.all(errors)).toEqual([[reason], [reason], [reason]]);
    await mapping.closeAsync();
  });

  test('the event close comes when the stream uses the memory no more', async () => {
    const mapping = mapped();
    const { resources } = mapping as unknown as { resources: { region: { busy: boolean } } };
    const stream = mapping.createReadStream();
    const closed = once(stream, 'close'); // on a busy machine the stream may end in the one turn
    stream.resume();
    await turn();
    stream.destroy();
    await closed;
    expect(resources.region.busy).toBe(false);
    mapping.close();
  });

  test('resize() to a shorter length: ERR_OUT_OF_RANGE at the part that is gone', async () => {
    const mapping = map(scratch.file(3 * MIB), { backend });
    const stream = mapping.createReadStream({ start: MIB });
    stream.once('error', () => undefined);
    await once(stream, 'readable');
    while ((mapping as unknown as { resources: { region: { busy: boolean } } }).resources.region.busy) await turn();
    mapping.resize(MIB);
    expect((await rejected(collect(stream))).code).toBe('ERR_OUT_OF_RANGE');
    mapping.close();
  });

  test.each([
    ['options', 'ERR_INVALID_ARG_TYPE', 'a string'],
    ['options', 'ERR_INVALID_ARG_TYPE', null],
    ['begin', 'ERR_INVALID_ARG_VALUE', { begin: 1 }],
    ['options.start', 'ERR_INVALID_ARG_TYPE', { start: '1' }],
    ['options.start', 'ERR_OUT_OF_RANGE', { start: -1 }],
    ['options.start', 'ERR_OUT_OF_RANGE', { start: 1.5 }],
    ['options.start', 'ERR_OUT_OF_RANGE', { start: 1000 }],
    ['options.start', 'ERR_OUT_OF_RANGE', { start: 6, end: 5 }],
    ['options.end', 'ERR_INVALID_ARG_TYPE', { end: null }],
    ['options.end', 'ERR_OUT_OF_RANGE', { end: 1000 }],
    ['options.end', 'ERR_OUT_OF_RANGE', { end: Infinity }],
    ['options.highWaterMark', 'ERR_OUT_OF_RANGE', { highWaterMark: 0 }],
    ['options.highWaterMark', 'ERR_OUT_OF_RANGE', { highWaterMark: 2 ** 30 + 1 }],
    ['options.highWaterMark', 'ERR_INVALID_ARG_TYPE', { highWaterMark: 1n }],
    ['options.signal', 'ERR_INVALID_ARG_TYPE', { signal: {} }],
  ])('wrong %s: %s, for %p', async (argument, code, options) => {
    const mapping = small();
    const error = thrown(() => mapping.createReadStream(options as object));
    if (argument === 'begin') expect([error.code, error.message.includes("'begin'")]).toEqual([code, true]);
    else expectMisuse(error, code, argument);
    await mapping.closeAsync(); // nothing is left that it would wait for
  });

  test('a getter of the options that closes the mapping: ERR_MAPPING_CLOSED', () => {
    const mapping = small();
    const options = {
      get highWaterMark() {
        mapping.close();
        return 10;
      },
    };
    expect(thrown(() => mapping.createReadStream(options)).code).toBe('ERR_MAPPING_CLOSED');
  });

  const prot = capable(backend === 'native', 'mmap() with any protection');
  prot.test('memory without PROT_READ: EACCES; with it alone: its bytes', async () => {
    expect(capabilities).toBeDefined();
    const flags = MAP_PRIVATE | MAP_ANONYMOUS;
    for (const bits of [PROT_NONE, PROT_WRITE]) {
      const unreadable = mmap(PAGE_SIZE, bits, flags, -1);
      const error = thrown(() => unreadable.createReadStream());
      expectSystemError(error, 'EACCES', 'createReadStream');
      await unreadable.closeAsync();
    }
    const readable = mmap(PAGE_SIZE, PROT_READ, flags, -1);
    expect((await collect(readable.createReadStream())).equals(Buffer.alloc(PAGE_SIZE))).toBe(true);
    readable.close();
  });

  test.each(['read', 'copy'] as const)('access %s', async (access) => {
    const mapping = map(path, { backend, access });
    const copy = scratch.path();
    await pipeline(mapping.createReadStream(), createWriteStream(copy));
    expect(misplaced(readFileSync(copy), 0)).toBeUndefined();
    mapping.close();
  });
});
