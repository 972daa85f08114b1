import { constants } from '../../lib/index.js';
import { optionNames } from './option-names.js';
import { smallNumbers, words, type Value } from './values.js';
import { fileNames, type World } from './world.js';

/** The values that a call expects at each place, mostly right ones. */
export type Hints = readonly (readonly Value[])[];

function value(name: string, make: (world: World) => unknown): Value {
  return { name, make };
}

const { PAGE_SIZE } = constants;
const undefinedValue = value('undefined', () => undefined);
const paths = [...fileNames, 'missing', 'folder'].map((name) => value(name, () => name));
const descriptors = [0, 1, 2].map((at) => value(`descriptor ${at}`, ({ descriptors: all }) => all[at]));
const sources: readonly Value[] = [
  value('Buffer of 10', () => Buffer.alloc(10, 1)),
  value('Float32Array', () => new Float32Array(5)),
  value('view of a mapping', (world) => world.view),
];
const ranges: readonly Value[] = [
  value('[[0, 8], [64, 8]]', () => [
    [0, 8],
    [64, 8],
  ]),
  value('Float64Array of ranges', () => Float64Array.of(0, 8, PAGE_SIZE, 100)),
  value('Float64Array past the end', () => Float64Array.of(0, 8, 2 ** 40, 1)),
];

/** Options with one or two right names, and values of all kinds. */
const options: readonly Value[] = [
  undefinedValue,
  ...optionNames.flatMap((name) =>
    [...smallNumbers, ...words.slice(0, 6)].map(({ name: shown, make }) =>
      value(`{ ${name}: ${shown} }`, (world) => ({ [name]: make(world) })),
    ),
  ),
  ...[true, false].flatMap((flag) =>
    ['create', 'populate', 'lock', 'drain', 'write'].map((name) =>
      value(`{ ${name}: ${flag} }`, () => ({ [name]: flag })),
    ),
  ),
  value("{ backend: 'emulated', length: 4096 }", () => ({ backend: 'emulated', length: 4096 })),
];
const flags = [true, false].map((flag) => value(String(flag), () => flag));
const protections = [1, 2, 3].map((bits) => value(`protection ${bits}`, () => bits));
const mapTypes = [constants.MAP_SHARED, constants.MAP_PRIVATE].map((type) => value(`type ${type}`, () => type));
const listeners = [value('listener', () => () => undefined)];
const range: Hints = [smallNumbers, smallNumbers, options];

const byName: Readonly<Record<string, Hints>> = {
  write: [sources, smallNumbers, options],
  fill: [smallNumbers, smallNumbers, smallNumbers],
  persistRanges: [ranges, smallNumbers],
  persistWord: [smallNumbers, smallNumbers],
  advise: [words, smallNumbers, smallNumbers],
  resize: [smallNumbers],
  seal: [options],
  sealAsync: [options],
  createReadStream: [options],
  ...Object.fromEntries(
    ['on', 'once', 'off', 'addListener', 'removeListener'].map((name) => [name, [words, listeners]]),
  ),
  map: [paths, options],
  mapAsync: [paths, options],
  mmap: [smallNumbers, smallNumbers, smallNumbers, descriptors, smallNumbers],
  anonymous: [smallNumbers, options],
  attach: [[value('handle', ({ handle }) => handle)], options],
  extents: [paths],
  probe: [paths],
  probeSync: [paths],
  of: [sources],
  acquire: [paths, [value('{ timeout: 0 }', () => ({ timeout: 0 }))]],
  tryAcquire: [paths],
  'seals.isSealed': [paths],
  'seals.requestBreak': [paths, options],
  'files.open': [paths, ['r', 'r+', 'a', 'w'].map((flags) => value(flags, () => flags)), smallNumbers],
  'files.truncate': [paths, smallNumbers],
  'files.ftruncate': [descriptors, smallNumbers],
  'files.fallocate': [descriptors, smallNumbers, smallNumbers, smallNumbers],
  'files.write': [descriptors, sources, smallNumbers, smallNumbers, smallNumbers],
  'files.append': [[...paths, ...descriptors], sources],
  'files.copyRange': [descriptors, smallNumbers, descriptors, smallNumbers, smallNumbers],
  'files.clone': [paths, paths],
  'mmap-io.map': [smallNumbers, protections, mapTypes, descriptors, smallNumbers, smallNumbers],
  'mmap-io.advise': [sources, smallNumbers, smallNumbers, smallNumbers],
  'mmap-io.incore': [sources],
  'mmap-io.sync': [sources, smallNumbers, smallNumbers, flags, flags],
  'mmap-io.unmap': [sources],
  'files.dedupe': [descriptors, smallNumbers, smallNumbers, descriptors, smallNumbers],
};

/** The hints for a call; calls that are not listed take a range, as most methods of a mapping do. */
export function hintsFor(name: string): Hints {
  return byName[name] ?? byName[name.replace('files.promises.', 'files.')] ?? range;
}
