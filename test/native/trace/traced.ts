// The traced program: makes calls of a mapping, each between the two marks. Arguments: FILE, then [[METHOD,
// ...arguments], ...] as JSON; the first argument of write() is a length.
import { loadAddon } from '../../../lib/backend/native/load.js';
import { map, type Mapping } from '../../../lib/index.js';

const BEGIN = -424242;
const END = -424243;
/** Without it most of the trace would be the compiler of V8. */
const WARM_UP = 20;

const loaded = loadAddon();
if (!('addon' in loaded)) throw new Error(loaded.reason);
const { addon } = loaded;
const [, , file = '', calls = '[]'] = process.argv;
const mapping = map(file);

function followed([method, ...args]: [keyof Mapping, ...unknown[]]): void {
  const given = method === 'write' ? [Buffer.alloc(args[0] as number, 7), ...args.slice(1)] : args;
  const call = (mapping[method] as (...rest: unknown[]) => unknown).bind(mapping);
  for (let i = 0; i < WARM_UP; i++) call(...given);
  addon.statusFlags(BEGIN);
  call(...given);
  addon.statusFlags(END);
}

process.stdout.write(
  `${JSON.stringify({ address: mapping.address.toString(16), method: mapping.durability.method })}\n`,
);
(JSON.parse(calls) as [keyof Mapping, ...unknown[]][]).forEach(followed);
mapping.close();
