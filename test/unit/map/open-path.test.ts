import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Backend } from '../../../lib/backend/backend.js';
import { selectBackend } from '../../../lib/backend/select.js';
import { openTarget } from '../../../lib/map/open-target.js';
import { parseMapOptions, type MapOptions } from '../../../lib/map/options.js';
import { removeCreated } from '../../../lib/file/allocate.js';
import { describeBackends, type BackendUnderTest } from '../../support/backends.js';
import { thrown } from '../../support/errors.js';
import { Scratch } from '../../support/scratch.js';

const scratch = new Scratch();
const options: MapOptions = { create: true, size: 4096 };

/** The backend, with every path that it opens noted. `before` runs before each open, as another process could. */
function watched(
  name: BackendUnderTest,
  before: (flags: number, turn: number) => void = () => undefined,
): { backend: Backend; opens: string[] } {
  const backend = selectBackend(name);
  const opens: string[] = [];
  const open: Backend['files']['open'] = (path, flags, mode) => {
    before(flags, opens.push(path));
    return backend.files.open(path, flags, mode);
  };
  // The methods of the real one, on itself: they use its private parts.
  const files = new Proxy(backend.files, {
    get: (target, key) => {
      if (key === 'open') return open;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
  return { backend: { ...backend, files }, opens };
}

describeBackends('where create: true makes a file is for the kernel to say', (name) => {
  test('no path is opened but the one that was given', () => {
    const dir = scratch.path('links');
    mkdirSync(dir);
    const path = join(dir, 'link');
    symlinkSync('chain', path);
    symlinkSync(join(dir, 'end'), join(dir, 'chain'));
    const { backend, opens } = watched(name);
    for (const round of ['made', 'there']) {
      const { file, created } = openTarget(backend, { path }, parseMapOptions(options));
      try {
        expect(created).toEqual(round === 'made' ? { path: join(dir, 'end') } : undefined);
      } finally {
        file.release();
      }
    }
    expect(new Set(opens)).toEqual(new Set([path]));
    expect(readdirSync(dir).sort()).toEqual(['chain', 'end', 'link']);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });

  test('a link that is put there between two opens leads nowhere: O_EXCL never follows one', () => {
    const dir = scratch.path('raced');
    mkdirSync(dir);
    const path = join(dir, 'file');
    const elsewhere = join(dir, 'elsewhere');
    writeFileSync(elsewhere, 'precious');
    const { backend } = watched(name, (_flags, turn) => {
      if (turn === 1) symlinkSync(elsewhere, path);
    });
    const { file, created } = openTarget(backend, { path }, parseMapOptions(options));
    try {
      // The file existed before the call: it is opened as open(2) with O_CREAT does, and never removed.
      expect(created).toBeUndefined();
      expect(file.ino).toBe(statSync(elsewhere).ino);
    } finally {
      file.release();
    }
    expect(readFileSync(elsewhere, 'latin1')).toBe('precious');
  });

  test('a file that others made in the meantime is not taken for ours', () => {
    const dir = scratch.path('faster');
    mkdirSync(dir);
    const path = join(dir, 'file');
    const { backend } = watched(name, (_flags, turn) => {
      if (turn === 1) writeFileSync(path, 'theirs');
    });
    const wanted = parseMapOptions({ create: true, size: 4096, offset: 0 });
    const { file, created } = openTarget(backend, { path }, wanted);
    file.release();
    expect(created).toBeUndefined();
    expect(readFileSync(path, 'latin1')).toBe('theirs');
  });

  test('a file that vanishes before it is opened is made, and removed if the call then fails', () => {
    const path = scratch.file(4096);
    const held = openSync(path, 'r'); // or the new one could get its number
    const { backend } = watched(name, (_flags, turn) => {
      if (turn === 1) unlinkSync(path);
    });
    try {
      const refused = thrown(() => openTarget(backend, { path }, parseMapOptions({ create: true })));
      expect(refused).toMatchObject({ code: 'EINVAL', syscall: 'mmap', path });
      expect(existsSync(path)).toBe(false);
    } finally {
      closeSync(held);
    }
  });

  test('a file that others empty before it is opened is not taken for one made here', () => {
    const path = scratch.file(4096);
    const { backend } = watched(name, (_flags, turn) => {
      if (turn === 1) truncateSync(path, 0);
    });
    expect(thrown(() => openTarget(backend, { path }, parseMapOptions({ create: true }))).code).toBe('EINVAL');
    expect(existsSync(path)).toBe(true);
  });

  test('a file that is mapped already is not opened again: not for one more mapping, not for one that is refused', () => {
    const path = scratch.file(4096);
    const { backend, opens } = watched(name);
    const open = (given: MapOptions): ReturnType<typeof openTarget> =>
      openTarget(backend, { path }, parseMapOptions(given));
    const first = open({ access: 'read' });
    expect(opens).toEqual([path]);
    const more = [open({ access: 'read' }), open({ access: 'copy' })];
    for (const each of more) {
      expect(each.file).toBe(first.file);
      each.file.release();
    }
    expect(thrown(() => open({ access: 'read', length: 8192 })).code).toBe('ERR_OUT_OF_RANGE');
    expect(thrown(() => open({ offset: 8192 })).code).toBe('ERR_OUT_OF_RANGE');
    expect(opens).toEqual([path]);
    const writer = open({ create: true }); // another access is another open
    expect(opens).toEqual([path, path]);
    open({ create: true }).file.release();
    expect(opens).toEqual([path, path]);
    writer.file.release();
    first.file.release();
    open({ access: 'read' }).file.release();
    expect(opens).toEqual([path, path, path]);
  });

  test('a created file is removed by its name, and only while the name still leads to it', () => {
    const path = scratch.path('made');
    const first = openTarget(selectBackend(name), { path }, parseMapOptions(options));
    if (first.created === undefined) throw new Error('nothing was made');
    const kept = scratch.path('kept');
    symlinkSync(basename(path), kept); // a link to it is not its name
    removeCreated(first.file, { path: kept }, 4096);
    expect(existsSync(path)).toBe(true);
    unlinkSync(path);
    writeFileSync(path, 'another');
    removeCreated(first.file, first.created, 4096);
    first.file.release();
    expect(readFileSync(path, 'latin1')).toBe('another');
  });
});
