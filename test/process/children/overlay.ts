// Mappings of a file on an overlay that is copied up while one of them lives. Arguments: DIRECTORY, BACKEND, which of
// the cases below.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attach, constants, map, mapAsync, mmap, probeSync, type Mapping } from '../../../lib/index.js';
import { mountOverlay } from '../../support/private-mounts.js';
import { runCase } from '../../support/run-case.js';

const OLD = Buffer.alloc(4096, 'O');
const NEW = Buffer.alloc(3 * 4096, 'N');

const [dir = '', backend = 'native', wanted = ''] = process.argv.slice(2) as [
  string?,
  ('native' | 'emulated')?,
  string?,
];
const merged = mountOverlay(dir, OLD);
const path = join(merged, 'file');

function text(mapping: Mapping): string {
  return mapping.view(0, 1).toString('latin1') + mapping.view(mapping.length - 1, 1).toString('latin1');
}

/**
 * `copyUp` writes the file anew while `access` maps the old one. A mapping made after that is of the new file, to its
 * last byte.
 */
function again(access: 'read' | 'copy', copyUp: () => void, anew: () => Mapping): void {
  using first = map(path, { access, backend });
  assert.equal(text(first), 'OO');
  const { dev, ino } = statSync(path);
  copyUp();
  assert.deepEqual(
    { dev, ino },
    { dev: statSync(path).dev, ino: statSync(path).ino },
    'this overlay keeps no inode numbers, and shows nothing here',
  );
  using second = anew();
  assert.equal(second.length, NEW.length);
  assert.equal(text(second), 'NN');
  using third = attach(second.share());
  assert.equal(text(third), 'NN');
}

const writeHere = (): void => writeFileSync(path, NEW);
const writeElsewhere = (): void => void execFileSync('sh', ['-c', 'head -c 12288 /dev/zero | tr "\\0" N > "$0"', path]);

function byDescriptor(mapIt: (fd: number) => Mapping): () => Mapping {
  return () => {
    const fd = openSync(path, 'r');
    try {
      return mapIt(fd);
    } finally {
      closeSync(fd);
    }
  };
}

const cases: Readonly<Record<string, () => void | Promise<void>>> = {
  'read, by path': () => again('read', writeHere, () => map(path, { access: 'read', backend })),
  'read, copied up by another process': () =>
    again('read', writeElsewhere, () => map(path, { access: 'read', backend })),
  'read, by descriptor': () =>
    again(
      'read',
      writeHere,
      byDescriptor((fd) => map(fd, { access: 'read', backend })),
    ),
  'mmap()': () => {
    const { PROT_READ, MAP_PRIVATE } = constants;
    again(
      'read',
      writeHere,
      byDescriptor((fd) => mmap(NEW.length, PROT_READ, MAP_PRIVATE, fd)),
    );
  },
  copy: () => {
    using first = map(path, { access: 'copy', backend });
    assert.equal(text(first), 'OO');
    writeHere();
    using second = map(path, { access: 'copy', backend });
    assert.deepEqual([second.length, text(second)], [NEW.length, 'NN']);
  },
  'a mapping for writing beside one of the old file': async () => {
    using first = map(path, { access: 'read', backend });
    using writer = map(path, { size: NEW.length, backend });
    writer.buffer.set(NEW);
    writer.persist();
    using reader = await mapAsync(path, { access: 'read', backend });
    assert.deepEqual([reader.length, text(reader)], [NEW.length, 'NN']);
    if (backend === 'native') assert.equal(text(first), 'OO'); // as mmap(2) has it; the emulation reads only now
    assert.equal(writer.durability.domain, 'unknown');
    assert.match(writer.durability.reasons.join(' '), /overlay does not tell/);
    assert.deepEqual([writer.durability.granularity, writer.durability.mapSync], ['page', false]);
    const { fileSystem, mapSync } = probeSync(path);
    assert.deepEqual([fileSystem.answer, mapSync.answer], ['overlay', backend === 'native' ? 'no' : mapSync.answer]);
    assert.match(fileSystem.reason ?? '', /keeps the old bytes/);
  },
  'a file made here, and taken back': () => {
    const made = join(merged, 'made');
    map(made, { create: true, size: 4096, backend }).close();
    assert.ok(existsSync(made));
    const refused = join(merged, 'refused');
    assert.throws(
      () => map(refused, { create: true, size: 4096, backend, sync: 'require', flags: constants.MAP_HUGETLB }),
      { path: refused },
    );
    assert.deepEqual(readdirSync(merged).sort(), ['file', 'made']);
  },
  'each mapping has a descriptor, and gives it back': () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    const many = Array.from({ length: 20 }, () => map(path, { access: 'read', backend }));
    assert.equal(open(), before + 20);
    for (const mapping of many) mapping.close();
    assert.equal(open(), before);
  },
};

void runCase(cases, wanted);
