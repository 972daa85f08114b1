import { expect, test } from '@jest/globals';
import { closeSync, existsSync, fchmodSync, fstatSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { join } from 'node:path';
import { mappedUnit } from '../../lib/storage/huge-pages.js';
import { anonymous, constants, map, mmap, probeSync } from '../../lib/index.js';
import { expectDone, runChild } from '../support/run-child.js';
import { expectSystemError, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { native } from '../support/backends.js';
import { linux, root, skipUnless } from '../support/skip.js';
import { freeHugePages, hugePages } from '../support/huge-pages.js';

const { F_SEAL_EXEC, MAP_ANONYMOUS, MAP_HUGETLB, MAP_PRIVATE, MAP_SHARED, PAGE_SIZE, PROT_READ, PROT_WRITE } =
  constants;
const scratch = new Scratch();
const onLinux = native.and(linux);

onLinux.describe('files that the kernel makes', () => {
  test.each(['/proc/self/comm', '/proc/self/ns/net', '/proc/self/ns/user'])(
    '%s cannot be mapped, and no size would help',
    (path) => {
      const error = thrown(() => map(path, { access: 'read' }));
      expectSystemError(error, 'ENODEV', 'mmap', path);
      expect(error.message).not.toContain('empty');
    },
  );

  test.each(['/proc/self/comm', '/sys/kernel/mm/transparent_hugepage/enabled'].filter((path) => existsSync(path)))(
    'probe of %s promises no granularity',
    (path) => {
      expect(probeSync(path).granularity).toEqual({
        answer: 'no',
        reason: expect.any(String),
        remedy: expect.any(String),
      });
    },
  );
});

onLinux.describe('anonymous()', () => {
  test('under ulimit -f is EFBIG with the remedy', async () => {
    expectDone(await runChild('long-memory', [], { through: ['sh', '-c', 'ulimit -f 16; exec "$@"', 'sh'] }));
  });

  const [major = 0, minor = 0] = release().split('.').map(Number);
  const sealExec = skipUnless(
    major > 6 || (major === 6 && minor >= 3),
    'this kernel has no F_SEAL_EXEC',
    'run the tests on Linux >= 6.3',
  );

  sealExec.test('with F_SEAL_EXEC can be written and never run', () => {
    using mapping = anonymous(PAGE_SIZE, { seals: F_SEAL_EXEC });
    mapping.buffer.fill(1);
    const { fd } = mapping.share();
    expect(fstatSync(fd).mode & 0o111).toBe(0);
    expect(thrown(() => fchmodSync(fd, 0o755)).code).toBe('EPERM');
  });
});

const unit = mappedUnit(MAP_HUGETLB, undefined);

onLinux.describe('huge pages', () => {
  test('when too few are free it is ENOMEM that names them', () => {
    const error = thrown(() =>
      mmap((freeHugePages() + 1) * unit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1),
    );
    expectSystemError(error, 'ENOMEM', 'mmap');
    expect(error.message).toContain('vm.nr_hugepages');
  });

  test('of a file that has none: EINVAL that names hugetlbfs', () => {
    const fd = openSync(scratch.file(PAGE_SIZE), 'r+');
    const error = thrown(() => mmap(PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_HUGETLB, fd));
    closeSync(fd);
    expect(error.message).toContain('hugetlbfs');
  });
});

/** `use` on a hugetlbfs of its own. */
function onHugetlbfs(use: (dir: string) => void): void {
  const dir = scratch.path('huge');
  mkdirSync(dir);
  const mounted = spawnSync('mount', ['-t', 'hugetlbfs', 'none', dir], { encoding: 'utf8' });
  if (mounted.status !== 0) throw new Error(mounted.stderr);
  try {
    use(dir);
  } finally {
    spawnSync('umount', ['--lazy', dir]);
    rmSync(dir, { recursive: true, force: true });
  }
}

native
  .and(root('mounting hugetlbfs'))
  .and(hugePages(4))
  .test('hugetlbfs: offsets are of huge pages, also with a reserve', () => {
    onHugetlbfs((dir) => {
      const path = join(dir, 'file');
      map(path, { create: true, size: 2 * unit }).close();
      const error = thrown(() => map(path, { offset: PAGE_SIZE }));
      expectSystemError(error, 'EINVAL', 'mmap', path);
      expect(error.message).toContain(`0 or ${unit}`);
      using mapping = map(path, { offset: unit, length: unit, reserve: 2 * unit });
      mapping.view(0, 1).fill(7);
      mapping.resize(2 * unit);
      expect([mapping.view(0, 1)[0], mapping.view(2 * unit - 1, 1)[0]]).toEqual([7, 0]);
      expectSystemError(
        thrown(() => mapping.advise('remove', 0, PAGE_SIZE)),
        'EINVAL',
        'madvise',
        path,
      );
      expect(mapping.view(0, 1)[0]).toBe(7);
    });
  });
