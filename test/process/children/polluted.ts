// Properties that other code puts on Object.prototype change no call. There is one property for each name that this
// package uses.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { anonymous, attach, map, seals } from '../../../lib/index.js';
import { DIST } from '../../support/paths.js';

const LIB = join(DIST, 'lib');
const [path = ''] = process.argv.slice(2);
const INDEPENDENT = new Set(Object.getOwnPropertyNames(Object.prototype));
// The language itself asks every iterator for the one, and V8 every error for the other.
for (const name of ['return', 'prepareStackTrace']) INDEPENDENT.add(name);

function namesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return entry.name === 'cli' ? [] : namesIn(join(folder, entry.name));
    return entry.name.endsWith('.js')
      ? (readFileSync(join(folder, entry.name), 'utf8').match(/[A-Za-z_$][\w$]*/g) ?? [])
      : [];
  });
}

/** The results of a tour of all calls. */
function tour(): unknown[] {
  const mapping = map(path, {});
  const { length, offset, access, flags, durability } = mapping;
  const views = [mapping.view(0, 4)[0], mapping.arrayBuffer(0, 8).byteLength, mapping.buffer.length];
  mapping.write(Buffer.from('ab'), 0, {});
  mapping.fill(7, 0, 2);
  mapping.persist();
  mapping.persistRanges([[0, 8]]);
  mapping.advise('normal');
  const seal = mapping.seal({});
  const sealed = [
    seal.policy,
    seal.enforcement,
    seal.state,
    seal.verify().moved.length,
    seals.list().length,
    seals.isSealed(path),
  ];
  seal.release();
  const handle = mapping.share();
  const attached = attach(handle, {});
  const other = [Object.keys(handle).join(), attached.length, attached.path];
  attached.close();
  const memory = anonymous(4096, {});
  other.push(memory.length);
  memory.close();
  mapping.close();
  const reader = map(path, { access: 'read' });
  other.push(reader.length, reader.access);
  reader.close();
  return [
    length,
    offset,
    access,
    flags,
    durability.granularity,
    durability.reasons.join(),
    ...views,
    ...sealed,
    ...other,
    statSync(path).size,
  ];
}

function tourWith(name: string, value: unknown): unknown {
  const gadget = { __proto__: null, value, configurable: true, enumerable: true, writable: true } as PropertyDescriptor;
  Object.defineProperty(Object.prototype, name, gadget);
  try {
    return tour();
  } catch (error) {
    return `${name}: ${(error as Error).stack}`;
  } finally {
    Reflect.deleteProperty(Object.prototype, name);
  }
}

tour(); // the first one fills the first bytes
const expected = tour();
const names = new Set(namesIn(LIB));
for (const name of names) {
  // The environment is an object as others are, and Node looks its names up in Object.prototype too.
  if (INDEPENDENT.has(name) || name.startsWith('MAPDIRECT_')) continue;
  assert.deepEqual(tourWith(name, 4096), expected, name);
}
assert.ok(names.has('size') && names.has('get') && names.has('seal') && names.size > 1000);
process.stdout.write('done\n');
