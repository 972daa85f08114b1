import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import fc from 'fast-check';
import { constants, files } from '../../lib/index.js';
import { bytes, command, lengths, MOST_PAGES, offsets, type Act, type ModelCommand } from './command.js';
import { fileLengths, isPlainPunch, setLength } from './model-length.js';
import { codeOf, type Model, type Real } from './state.js';

const { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, PAGE_SIZE } = constants;
const LONGEST = (MOST_PAGES + 1) * PAGE_SIZE;

async function withFile(path: string, call: (fd: number) => Promise<void>): Promise<void> {
  const fd = openSync(path, 'r+');
  try {
    await call(fd);
  } finally {
    closeSync(fd);
  }
}

/** A call that changes the block map: refused while the file is sealed. `apply`: what it does to the model. */
async function changes(model: Model, call: () => unknown, apply: () => string | undefined | void): Promise<void> {
  const code = model.file.seal === undefined ? (apply() ?? undefined) : 'ETXTBSY';
  assert.equal(await codeOf(call), code);
}

const truncations: Readonly<Record<string, (path: string, length: number) => unknown>> = {
  truncate: (path, length) => files.truncate(path, length),
  'promises.truncate': (path, length) => files.promises.truncate(path, length),
  ftruncate: (path, length) => withFile(path, async (fd) => files.ftruncate(fd, length)),
  'promises.ftruncate': (path, length) => withFile(path, (fd) => files.promises.ftruncate(fd, length)),
};

const truncateCommand = fc.tuple(fc.constantFrom(...Object.keys(truncations)), fileLengths).map(([name, length]) =>
  command(`files.${name}(${length})`, (model, { path }) =>
    changes(
      model,
      () => truncations[name]!(path, length),
      () => setLength(model, length),
    ),
  ),
);

const openCommand = fc.constantFrom('r+', 'a', 'w', 'wx').map((flags) =>
  command(`files.open(${flags})`, async (model, { path }) => {
    const call = (): void => closeSync(files.open(path, flags));
    if (flags === 'w') await changes(model, call, () => setLength(model, 0));
    else assert.equal(await codeOf(call), flags === 'wx' ? 'EEXIST' : undefined);
  }),
);

const fallocateCommand = fc.tuple(fc.boolean(), offsets, lengths).map(([isPunch, offset, length]) => {
  const mode = isPunch ? FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE : 0;
  const act: Act = async (model, { path }) => {
    const { file } = model;
    if (isPunch ? !isPlainPunch(file, offset, length) : offset + length > LONGEST) return;
    if (file.hasUnwritten && file.isShort(offset, length)) return;
    const call = (): Promise<void> => withFile(path, async (fd) => files.fallocate(fd, mode, offset, length));
    if (length === 0) assert.equal(await codeOf(call), 'EINVAL');
    else await changes(model, call, () => (isPunch ? file.punch(offset, length) : file.fallocate(offset, length)));
  };
  return command(`files.fallocate(${isPunch ? 'punch' : 0}, ${offset}, ${length})`, act);
});

/** The codes that a write into the file may end with; 'unsure': the model does not know how much it writes. */
function writeCodes({ backend, file }: Model, offset: number, length: number): readonly (string | undefined)[] {
  if (length === 0) return [undefined];
  const { seal } = file;
  const isFull = file.isShort(offset, length);
  if (seal !== undefined && offset + length > file.length) return ['ETXTBSY'];
  if (isFull && (seal !== undefined || file.disk.free > 0 || file.holes(offset, 1).length === 0)) return ['unsure'];
  if (isFull) return ['ENOSPC'];
  // The emulation prepares no blocks: some may be holes, or not on the disk yet.
  return seal === undefined || (backend === 'native' && seal.isIntact) ? [undefined] : [undefined, 'ETXTBSY'];
}

async function writes(model: Model, offset: number, data: Buffer, call: () => Promise<number> | number): Promise<void> {
  const codes = writeCodes(model, offset, data.length);
  if (codes.includes('unsure')) return;
  const code = await codeOf(async () => assert.equal(await call(), data.length));
  assert.ok(codes.includes(code), `${code}, and not ${codes.join(' or ')}`);
  if (code === undefined && data.length > 0) model.file.store(offset, data);
}

const writeCommand = fc.tuple(fc.boolean(), offsets, lengths, bytes).map(([isAsync, offset, length, byte]) =>
  command(`files.${isAsync ? 'promises.' : ''}write(${offset}, ${length}, ${byte})`, async (model, { path }) => {
    if (offset + length > LONGEST) return;
    const data = Buffer.alloc(length, byte);
    const write = isAsync ? files.promises.write : files.write;
    await withFile(path, (fd) => writes(model, offset, data, () => write(fd, data, 0, length, offset)));
  }),
);

const appendCommand = fc.tuple(fc.constantFrom('path', 'fd'), lengths, bytes).map(([how, length, byte]) =>
  command(`files.append(${how}, ${length}, ${byte})`, async (model, { path }) => {
    const { length: end } = model.file;
    if (end + length > LONGEST) return;
    const data = Buffer.alloc(length, byte);
    if (how === 'path') await writes(model, end, data, () => files.append(path, data));
    else await withFile(path, (fd) => writes(model, end, data, () => files.append(fd, data)));
  }),
);

/** files.copyRange() from one place of the file to another one. */
async function copyRange(model: Model, { path }: Real, from: number, to: number, length: number): Promise<void> {
  const { file } = model;
  const data = Buffer.from(file.bytes.subarray(from, from + length));
  if (to + data.length > LONGEST) return;
  const overlaps = from < to + data.length && to < from + data.length;
  await withFile(path, async (fd) => {
    const call = (): number => files.copyRange(fd, from, fd, to, length);
    if (!overlaps) await writes(model, to, data, call);
    else if (file.seal === undefined) assert.equal(await codeOf(call), 'EINVAL');
  });
}

const copyCommand = fc
  .tuple(offsets, offsets, lengths)
  .map(([from, to, length]) =>
    command(`files.copyRange(${from}, ${to}, ${length})`, (model, real) => copyRange(model, real, from, to, length)),
  );

/** Operations that ask the seals. */
export const fileCommands: readonly fc.Arbitrary<ModelCommand>[] = [
  truncateCommand,
  openCommand,
  fallocateCommand,
  writeCommand,
  appendCommand,
  copyCommand,
];
