import { describe, expect, test } from '@jest/globals';
import { fstatSync, statSync } from 'node:fs';
import { inspect } from 'node:util';
import {
  Mapping,
  Pin,
  Registration,
  Seal,
  WriterLock,
  anonymous,
  constants,
  map,
  mmap,
  seals,
} from '../../lib/index.js';
import { describeBackends } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { thrown } from '../support/errors.js';

const scratch = new Scratch();

describeBackends('a Mapping that is printed', (backend) => {
  const domain = backend === 'native' ? 'page' : 'emulated';

  test('is one line, at every depth and after close(), too', () => {
    const path = scratch.file(8192);
    const mapping = map(path, { backend, offset: 4096, access: 'write' });
    const line = inspect(mapping);
    expect(
      line.startsWith(
        `Mapping { path: '${path}', offset: 4096, length: 4096, access: 'write', closed: false, faulted: false, durability: 'page, `,
      ),
    ).toBe(true);
    expect(line).toContain(domain);
    expect(line).not.toContain('\n');
    expect(inspect({ deep: [[{ list: [mapping] }]] }, { depth: null, breakLength: Infinity })).toContain(line);
    expect(inspect(mapping, { depth: -1 })).toBe(line);
    expect(inspect(mapping, { colors: true })).toContain('\u001b[');
    mapping.close();
    expect(inspect(mapping)).toBe(line.replace('length: 4096', 'length: 0').replace('closed: false', 'closed: true'));
  });

  test('is plain data in JSON, also in the middle of something else', () => {
    const path = scratch.file(100);
    const mapping = map(path, { backend, access: 'read' });
    const expected = {
      path,
      offset: 0,
      length: 100,
      access: 'read',
      closed: false,
      faulted: false,
      durability: expect.stringContaining('page, none') as unknown,
    };
    expect(JSON.parse(JSON.stringify({ list: [mapping] }))).toEqual({ list: [expected] });
    mapping.close();
    expect(JSON.parse(JSON.stringify(mapping))).toEqual({ ...expected, length: 0, closed: true });
    expect(Object.prototype.toString.call(mapping)).toBe('[object Mapping]');
  });

  test('is refused by structuredClone() with the alternative, also when it has listeners', () => {
    using mapping = map(scratch.file(100), { backend });
    mapping.on('fault', () => undefined);
    const error = thrown(() => structuredClone({ mapping }));
    expect(error.name).toBe('DataCloneError');
    expect(error.message).toContain('post mapping.share(), and attach()');
  });
});

describe('the objects of a mapping', () => {
  test('a Seal and the list of seals print and turn into JSON', () => {
    const path = scratch.file(100);
    const mapping = map(path);
    const seal = mapping.seal({ policy: 'exclusive' });
    const held = { path, policy: 'exclusive', enforcement: 'advisory', state: 'held' };
    expect(inspect(seal)).toBe(`Seal { path: '${path}', policy: 'exclusive', enforcement: 'advisory', state: 'held' }`);
    expect(JSON.parse(JSON.stringify(seal))).toEqual(held);
    expect(thrown(() => structuredClone(seal)).message).toContain('post mapping.share()');
    const { dev, ino } = statSync(path, { bigint: true });
    expect(JSON.parse(JSON.stringify(seals.list()))).toEqual([
      { ...held, dev: String(dev), ino: String(ino), holders: 1 },
    ]);
    expect(seals.list()).toEqual([{ ...held, dev, ino, holders: 1 }]);
    mapping.close();
    expect(inspect(seal)).toContain("state: 'released'");
  });

  test('a Pin', () => {
    using mapping = map(scratch.file(100));
    const pin = mapping.pin();
    expect(inspect(pin)).toBe('Pin { released: false }');
    pin.release();
    expect(inspect(pin)).toBe('Pin { released: true }');
  });

  test('a Registration, without its keys and addresses', () => {
    const path = scratch.file(100);
    using mapping = map(path);
    using registration = mapping.register({ length: 64 });
    const shown = { path, provider: 'lock', offset: 0, length: 64, onDemand: false, valid: true };
    expect(JSON.parse(JSON.stringify(registration))).toEqual(shown);
    expect(inspect(registration)).toBe(
      `Registration { path: '${path}', provider: 'lock', offset: 0, length: 64, onDemand: false, valid: true }`,
    );
    expect(inspect(registration, { showHidden: true, depth: 5 })).not.toContain(String(registration.address));
    expect(thrown(() => structuredClone(registration)).message).toContain('descriptor()');
    registration.deregister();
    expect(inspect(registration)).toContain('valid: false');
  });

  test('only this package makes them', () => {
    for (const [made, by] of [
      [Mapping, 'map()'],
      [Seal, 'mapping.seal()'],
      [Pin, 'mapping.pin()'],
      [Registration, 'mapping.register()'],
      [WriterLock, 'WriterLock.acquire()'],
    ] as const) {
      for (const given of [[], [{}], [null], [1]]) {
        if (made === Seal && given[0] instanceof Object) continue;
        const error = thrown(() => Reflect.construct(made, given));
        expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_ILLEGAL_CONSTRUCTOR' });
        expect(error.message).toContain(by);
      }
    }
  });
});

describeBackends('the descriptor of a mapping', (backend) => {
  test('is of its file, and -1 after close()', () => {
    const path = scratch.file(100);
    const mapping = map(path, { backend });
    expect(fstatSync(mapping.fd).ino).toBe(statSync(path).ino);
    mapping.close();
    expect(mapping.fd).toBe(-1);
  });
});

test('memory of anonymous() has a descriptor, that of MAP_ANONYMOUS has none', () => {
  const memory = anonymous(8192);
  expect(fstatSync(memory.fd).size).toBe(8192);
  memory.close();
  using plain = mmap(
    4096,
    constants.PROT_READ | constants.PROT_WRITE,
    constants.MAP_PRIVATE | constants.MAP_ANONYMOUS,
    -1,
  );
  expect(plain.fd).toBe(-1);
});
