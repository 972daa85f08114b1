import assert from 'node:assert/strict';
import fc from 'fast-check';
import { attach, constants, map, type Mapping } from '../../lib/index.js';
import { command, lengths, MOST_MAPPINGS, MOST_PAGES, on, type Act, type Chosen } from './command.js';
import { HeapMemory } from './heap-memory.js';
import { pageUp } from './model-file.js';
import { FAULT } from './model-memory.js';
import { PagedMemory } from './paged-memory.js';
import { codeOf, type Access, type Model, type Real } from './state.js';

const { PAGE_SIZE } = constants;

function add(
  model: Model,
  real: Real,
  mapping: Mapping,
  { access, reserve }: { access: Access; reserve: number },
): void {
  const { offset, length } = mapping;
  const Memory = model.backend === 'native' ? PagedMemory : HeapMemory;
  const memory = new Memory(model.file, offset, length, access !== 'write');
  model.mappings.push({ access, offset, reserve, memory, pins: 0, hasShrunk: false });
  real.mappings.push(mapping);
  const losses = new Set<string>();
  real.losses.set(mapping, losses);
  mapping.on('fault', (fault) => {
    for (let at = fault.offset; at < fault.offset + fault.length; at += PAGE_SIZE)
      losses.add(`${fault.reason} ${at / PAGE_SIZE}`);
  });
}

const mapCommand = fc
  .tuple(
    fc.constantFrom<Access>('write', 'write', 'read', 'copy'),
    fc.nat({ max: 2 }),
    lengths,
    fc.constantFrom(0, 0, MOST_PAGES + 2),
  )
  .map(([access, page, length, reservedPages]) => {
    const act: Act = async (model, real) => {
      if (model.mappings.length === MOST_MAPPINGS) return;
      const offset = page * PAGE_SIZE;
      const reserve = reservedPages * PAGE_SIZE;
      const { backend } = model;
      const options = {
        backend,
        access,
        offset,
        ...(reserve === 0 ? {} : { reserve }),
        ...(length === 0 ? {} : { length }),
      };
      const left = model.file.length - offset;
      const isEmpty = model.file.length === 0;
      const code = isEmpty ? 'EINVAL' : left < 1 || length > left ? 'ERR_OUT_OF_RANGE' : undefined;
      assert.equal(await codeOf(() => add(model, real, map(real.path, options), { access, reserve })), code);
    };
    return command(`map(${access}, page ${page}, length ${length}, reserve ${reservedPages})`, act);
  });

const shareCommand = on('share and attach', ({ model, real, known, mapping }) => {
  const { access, offset, memory } = known;
  if (model.mappings.length === MOST_MAPPINGS || access === 'copy') return;
  if (offset + memory.length > model.file.length) return;
  add(model, real, attach(mapping.share()), { access, reserve: 0 });
});

function forget(model: Model, real: Real, { known, mapping }: Chosen): void {
  if (model.file.seal?.owner === known) model.file.seal = real.seal = undefined;
  const at = model.mappings.indexOf(known);
  model.mappings.splice(at, 1);
  real.mappings.splice(at, 1);
  real.losses.delete(mapping);
}

const closes = (
  name: string,
  waits: boolean,
  call: (mapping: Mapping) => unknown,
): fc.Arbitrary<fc.AsyncCommand<Model, Real>> =>
  on(name, async (chosen) => {
    const { model, real, known, mapping } = chosen;
    if (waits && known.pins > 0) return;
    const code = known.pins > 0 ? 'EBUSY' : known.memory.close();
    assert.equal(await codeOf(() => call(mapping)), code);
    assert.equal(mapping.closed, code === undefined);
    if (code !== undefined) return;
    forget(model, real, chosen);
    assert.equal(await codeOf(() => mapping.view(0, 1)), 'ERR_MAPPING_CLOSED');
  });

/** The errors that a resize() may end with, before anything is changed. */
function resizeCodes({ model, known }: Chosen, length: number): readonly (string | undefined)[] {
  const { memory, access, offset, pins, reserve, hasShrunk } = known;
  if (length === 0) return ['ERR_OUT_OF_RANGE'];
  if (pins > 0) return ['EBUSY'];
  if (memory.isLost({ offset: 0, length: Math.min(length, memory.length) })) return [FAULT];
  if (length === memory.length) return [undefined];
  if (model.file.seal !== undefined) return ['ETXTBSY'];
  if (access === 'write' || length < memory.length) return [undefined];
  if (offset + length > model.file.length) return ['EACCES'];
  if (model.backend === 'emulated' || pageUp(length) <= pageUp(memory.length)) return [undefined];
  if (pageUp(length) > reserve) return ['EOPNOTSUPP'];
  return hasShrunk ? [undefined, 'EOPNOTSUPP'] : [undefined];
}

/** Makes the file long enough. @returns the code of the error; 'unsure': the model does not know it. */
function grow({ backend, file }: Model, end: number): string | undefined {
  const { length } = file;
  if (end <= length) return undefined;
  if (backend === 'native')
    return file.hasUnwritten && file.isShort(length, end - length) ? 'unsure' : file.fallocate(length, end - length);
  file.setLength(end);
  return undefined;
}

/** A view from before a resize(): valid after a growth in place, empty after a move. A shrink keeps it if it can. */
function compareView({ model, known, mapping }: Chosen, view: Buffer, before: number): void {
  const { length } = mapping;
  if (model.backend === 'emulated' || pageUp(length) > Math.max(known.reserve, pageUp(before)))
    assert.equal(view.length, 0, 'the earlier view');
  else if (length > before && !known.hasShrunk) assert.equal(view.length, 1, 'the earlier view');
}

const resizeCommand = on('resize', async (chosen) => {
  const { model, known, mapping, offset, length } = chosen;
  const { memory } = known;
  const wanted = offset + length;
  if (wanted > MOST_PAGES * PAGE_SIZE) return;
  let codes = resizeCodes(chosen, wanted);
  const before = memory.length;
  const changes = codes.includes(undefined) && wanted !== before;
  if (changes) {
    const grown = wanted > before ? grow(model, known.offset + wanted) : undefined;
    if (grown === 'unsure') return;
    if (grown !== undefined) codes = [grown];
  }
  const view = mapping.view(0, 1);
  memory.touch({ offset: 0, length: 0 }, 'read'); // the emulation reads the file
  const code = await codeOf(() => mapping.resize(wanted));
  if (changes && codes.includes(undefined) && code !== 'EOPNOTSUPP') codes = [memory.resize(wanted)];
  assert.ok(codes.includes(code), `resize: ${code}, and not ${codes.join(' or ')}`);
  if (code !== undefined || wanted === before) return;
  if (pageUp(wanted) < pageUp(before)) known.hasShrunk = true;
  compareView(chosen, view, before);
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

/** Mappings: their beginning, their length and their end. */
export const mapCommands = [
  mapCommand,
  closes('close', false, (mapping) => mapping.close()),
  closes('closeAsync', true, (mapping) => mapping.closeAsync()),
  resizeCommand,
  pinCommand,
  unpinCommand,
  shareCommand,
];
