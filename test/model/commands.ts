import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import fc from 'fast-check';
import { attach, constants, files, map, type Mapping } from '../../lib/index.js';
import { HeapMemory, PagedMemory, type ModelMemory } from './model-memory.js';
import { pageUp } from './model-file.js';
import { codeOf, compareFile, compareView, type Access, type Model, type ModelMapping, type Real } from './state.js';

const { PAGE_SIZE } = constants;
const MOST_PAGES = 6;
const MOST_MAPPINGS = 4;

/** What a command does to both. The model decides about the code of the error; undefined: the call succeeds. */
type Act = (model: Model, real: Real) => Promise<void>;

class Command implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly text: string,
    private readonly act: Act,
    private readonly needsMapping = true,
  ) {}

  check({ mappings }: Readonly<Model>): boolean {
    return !this.needsMapping || mappings.length > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    compareFile(model, real);
    model.mappings.forEach(({ memory }, at) => {
      const mapping = real.mappings[at]!;
      assert.equal(mapping.length, memory.length);
      assert.equal(mapping.faulted, memory.isFaulted);
    });
  }

  toString(): string {
    return this.text;
  }
}

/** A mapping, in the model and in truth, and a part of it. */
interface Chosen {
  readonly model: Model;
  readonly real: Real;
  readonly known: ModelMapping;
  readonly mapping: Mapping;
}

type On = (chosen: Chosen, offset: number, length: number, byte: number) => Promise<void> | void;

const offsets = fc.oneof(
  fc.constantFrom(0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE),
  fc.nat({ max: MOST_PAGES * PAGE_SIZE }),
);
const lengths = fc.oneof(fc.constantFrom(0, 1, 8, 64, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE), fc.nat({ max: 300 }));
const fileLengths = fc.oneof(
  fc.constantFrom(1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE, 3 * PAGE_SIZE + 100),
  fc.integer({ min: 1, max: MOST_PAGES * PAGE_SIZE }),
);

/** A command on one of the mappings. */
function on(name: string, act: On): fc.Arbitrary<Command> {
  return fc.tuple(fc.nat({ max: MOST_MAPPINGS - 1 }), offsets, lengths, fc.nat({ max: 255 })).map(
    ([which, offset, length, byte]) =>
      new Command(`${name}(mapping ${which}, ${offset}, ${length}, ${byte})`, async (model, real) => {
        const at = which % model.mappings.length;
        await act({ model, real, known: model.mappings[at]!, mapping: real.mappings[at]! }, offset, length, byte);
      }),
  );
}

function inRange({ memory }: ModelMapping, offset: number, length: number): boolean {
  return offset <= memory.length && length <= memory.length - offset;
}

/** The error of a wrong range. */
function rangeCode(known: ModelMapping, offset: number, length: number): string | undefined {
  return inRange(known, offset, length) ? undefined : 'ERR_OUT_OF_RANGE';
}

/**
 * Bytes between the end of the file and the end of its last page keep what is stored there, or lose it: no promise. The
 * commands store only before the end of the file, or behind that page.
 */
function isInTail({ file }: Model, { offset, memory }: ModelMapping, at: number, length: number): boolean {
  if (memory instanceof HeapMemory) return false;
  const end = offset + at + length;
  return end > file.length && offset + at < pageUp(file.length);
}

/** A store by a view, and how the bytes get into the file. */
function stores(name: string, call: (mapping: Mapping, offset: number, bytes: Buffer) => void): fc.Arbitrary<Command> {
  return on(name, async ({ model, known, mapping }, offset, length, byte) => {
    if (isInTail(model, known, offset, length)) return;
    const bytes = Buffer.alloc(length, byte);
    const expected = known.access === 'read' ? 'EACCES' : rangeCode(known, offset, length);
    const isStored = expected === undefined && length > 0;
    if (isStored) known.memory.store(offset, bytes);
    const code = isStored ? known.memory.persist(offset, length) : expected;
    assert.equal(await codeOf(() => call(mapping, offset, bytes)), code);
  });
}

/** A call that makes a range durable. */
function flushes(
  name: string,
  call: (mapping: Mapping, offset: number, length: number) => unknown,
): fc.Arbitrary<Command> {
  return on(name, async ({ known, mapping }, offset, length) => {
    const code = rangeCode(known, offset, length) ?? known.memory.persist(offset, length);
    assert.equal(await codeOf(() => call(mapping, offset, length)), code);
  });
}

function memoryOf({ backend, file }: Model, offset: number, length: number, access: Access): ModelMemory {
  const Memory = backend === 'native' ? PagedMemory : HeapMemory;
  return new Memory(file, offset, length, access !== 'write');
}

function add(model: Model, real: Real, mapping: Mapping, access: Access): void {
  const { offset, length } = mapping;
  model.mappings.push({ access, offset, memory: memoryOf(model, offset, length, access), pins: 0 });
  real.mappings.push(mapping);
}

const mapCommand = fc
  .tuple(fc.constantFrom<Access>('write', 'write', 'read', 'copy'), fc.nat({ max: 2 }), lengths)
  .map(([access, page, length]) => {
    const act: Act = async (model, real) => {
      if (model.mappings.length === MOST_MAPPINGS) return;
      const offset = page * PAGE_SIZE;
      const options = { backend: model.backend, access, offset, ...(length === 0 ? {} : { length }) };
      const left = model.file.length - offset;
      const isEmpty = model.file.length === 0;
      const code = isEmpty ? 'EINVAL' : left < 1 || length > left ? 'ERR_OUT_OF_RANGE' : undefined;
      assert.equal(await codeOf(() => add(model, real, map(real.path, options), access)), code);
    };
    return new Command(`map(${access}, page ${page}, length ${length})`, act, false);
  });

const closeCommand = on('close', async ({ model, real, known, mapping }) => {
  assert.equal(await codeOf(() => mapping.close()), known.pins > 0 ? 'EBUSY' : undefined);
  if (known.pins > 0) return;
  known.memory.close();
  if (model.sealed === known) model.sealed = real.seal = undefined;
  const at = model.mappings.indexOf(known);
  model.mappings.splice(at, 1);
  real.mappings.splice(at, 1);
  assert.equal(await codeOf(() => mapping.view(0, 1)), 'ERR_MAPPING_CLOSED');
});

const readCommand = on('read', async ({ known, mapping }, offset, length) => {
  const code = length === 0 ? 'ERR_OUT_OF_RANGE' : rangeCode(known, offset, length);
  if (code === undefined) compareView(known, mapping, offset, length);
  else assert.equal(await codeOf(() => mapping.view(offset, length)), code);
});

const viewCommand = on('store', ({ model, known, mapping }, offset, length, byte) => {
  if (length === 0 || !inRange(known, offset, length) || isInTail(model, known, offset, length)) return;
  known.memory.store(offset, Buffer.alloc(length, byte));
  mapping.view(offset, length).fill(byte);
});

/** The error of a resize(), before anything is changed. */
function resizeCode({ model, known }: Chosen, length: number): string | undefined {
  const { memory, access, offset, pins } = known;
  if (length === 0) return 'ERR_OUT_OF_RANGE';
  if (pins > 0) return 'EBUSY';
  if (length === memory.length) return undefined;
  if (model.sealed !== undefined) return 'ETXTBSY';
  if (access === 'write' || length < memory.length) return undefined;
  if (offset + length > model.file.length) return 'EACCES';
  return model.backend === 'native' && pageUp(length) > pageUp(memory.length) ? 'EOPNOTSUPP' : undefined;
}

const resizeCommand = on('resize', async (chosen, offset, length) => {
  const { model, known, mapping } = chosen;
  const wanted = offset + length;
  if (known.memory.isFaulted || wanted > MOST_PAGES * PAGE_SIZE) return;
  const code = resizeCode(chosen, wanted);
  assert.equal(await codeOf(() => mapping.resize(wanted)), code);
  if (code !== undefined || wanted === known.memory.length) return;
  const end = known.offset + wanted;
  if (wanted > known.memory.length && end > model.file.length) model.file.setLength(end);
  known.memory.resize(wanted);
});

const pinCommand = on('pin', ({ real, known, mapping }) => {
  known.pins++;
  real.pins.set(mapping, [...(real.pins.get(mapping) ?? []), mapping.pin()]);
});

const unpinCommand = on('unpin', ({ real, known, mapping }) => {
  if (known.pins === 0) return;
  known.pins--;
  real.pins.get(mapping)!.pop()!.release();
});

const sealCommand = on('seal', async ({ model, real, known, mapping }) => {
  if (model.sealed !== undefined) return;
  const { file, backend } = model;
  const end = known.offset + known.memory.length;
  const wrong = known.access === 'read' ? 'EACCES' : known.access === 'copy' ? 'EINVAL' : undefined;
  const code = wrong ?? (backend === 'native' && file.length < end ? 'ESTALE' : undefined);
  if (code === undefined && file.length < end) return; // on the emulation
  assert.equal(await codeOf(() => (real.seal = mapping.seal())), code);
  if (code === undefined) model.sealed = known;
});

const releaseCommand = on('release', ({ model, real }) => {
  real.seal?.release();
  model.sealed = real.seal = undefined;
});

const remapCommand = on('remap', async ({ known, mapping }) => {
  assert.equal(await codeOf(() => mapping.remap()), known.pins > 0 ? 'EBUSY' : known.memory.remap());
});

// On the emulation it writes from the start of the page.
const rangesCommand = on('persistRanges', async ({ known, mapping }, offset, length) => {
  const from = length === 0 ? offset : Math.floor(offset / PAGE_SIZE) * PAGE_SIZE;
  const code = rangeCode(known, offset, length) ?? known.memory.persist(from, offset + length - from);
  assert.equal(await codeOf(() => mapping.persistRanges([[offset, length]])), code);
});

const drainCommand = on('drain', async ({ known, mapping }) => {
  assert.equal(await codeOf(() => mapping.drain()), known.memory.drain());
});

const shareCommand = on('share and attach', async ({ model, real, known, mapping }) => {
  if (model.mappings.length === MOST_MAPPINGS || known.access === 'copy') return;
  if (known.offset + known.memory.length > model.file.length) return;
  add(model, real, attach(mapping.share()), known.access);
});

const pagingCommand = on('advise, populate, lock', async ({ model, known, mapping }, offset, length) => {
  const code = rangeCode(known, offset, length);
  const isBehind = known.offset + offset + length > model.file.length;
  assert.equal(await codeOf(() => mapping.advise('willneed', offset, length)), code);
  if (isBehind) return;
  assert.equal(await codeOf(() => mapping.populate(offset, length)), code);
  if (code === undefined) known.memory.touch(offset, length);
});

/** A change of the file that asks the seals. */
const truncateCommand = fileLengths.map(
  (length) =>
    new Command(
      `files.truncate(${length})`,
      async (model, { path }) => {
        const code = model.sealed === undefined ? undefined : 'ETXTBSY';
        assert.equal(await codeOf(() => files.truncate(path, length)), code);
        if (code === undefined) setLength(model, length);
      },
      false,
    ),
);

function setLength(model: Model, length: number): void {
  const isShorter = length < model.file.length;
  model.file.setLength(length);
  if (isShorter) for (const { memory } of model.mappings) memory.onTruncated();
}

/** Another program, which knows nothing of seals. */
function stranger(name: string, call: (fd: number) => void): void {
  const fd = openSync(name, 'r+');
  call(fd);
  closeSync(fd);
}

const strangerTruncates = fileLengths.map(
  (length) =>
    new Command(
      `another program: ftruncate(${length})`,
      async (model, { path }) => {
        if (model.sealed !== undefined) return;
        stranger(path, (fd) => ftruncateSync(fd, length));
        setLength(model, length);
      },
      false,
    ),
);

const strangerWrites = fc.tuple(offsets, lengths, fc.nat({ max: 255 })).map(
  ([offset, length, byte]) =>
    new Command(
      `another program: pwrite(${offset}, ${length}, ${byte})`,
      async (model, { path }) => {
        if (length === 0 || offset + length > model.file.length) return;
        const bytes = Buffer.alloc(length, byte);
        stranger(path, (fd) => writeSync(fd, bytes, 0, length, offset));
        model.file.store(offset, bytes);
      },
      false,
    ),
);

/** The commands; the first ones are the most important ones for a short counterexample. */
export const commands: fc.Arbitrary<fc.AsyncCommand<Model, Real>>[] = [
  mapCommand,
  readCommand,
  viewCommand,
  stores('write', (mapping, offset, bytes) => mapping.write(bytes, offset)),
  stores('write, drain later', (mapping, offset, bytes) => mapping.write(bytes, offset, { drain: false })),
  stores('fill', (mapping, offset, bytes) => mapping.fill(bytes[0] ?? 0, offset, bytes.length)),
  flushes('persist', (mapping, offset, length) => mapping.persist(offset, length)),
  flushes('flush', (mapping, offset, length) => mapping.flush(offset, length)),
  flushes('persistAsync', (mapping, offset, length) => mapping.persistAsync(offset, length)),
  flushes('deepPersist', (mapping, offset, length) => mapping.deepPersist(offset, length)),
  rangesCommand,
  drainCommand,
  closeCommand,
  resizeCommand,
  pinCommand,
  unpinCommand,
  sealCommand,
  releaseCommand,
  remapCommand,
  shareCommand,
  pagingCommand,
  truncateCommand,
  strangerTruncates,
  strangerWrites,
];
