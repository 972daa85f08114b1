import { spawnSync } from 'node:child_process';
import { map } from '../../lib/index.js';

const DD = ['iflag=nocache', 'count=0', 'status=none'];

/** The reason why files cannot leave the page cache here, with the remedy; undefined: they can. */
export function missingDrop(): string | undefined {
  const { status } = spawnSync('dd', ['if=/dev/null', ...DD]);
  return status === 0 ? undefined : 'no dd with iflag=nocache: apt-get install coreutils';
}

/**
 * Drops the clean pages of a file from the page cache: posix_fadvise(2) with POSIX_FADV_DONTNEED, through dd(1). No
 * process may map the file meanwhile.
 *
 * @throws Error if most pages are still there.
 */
export function dropFromCache(file: string): void {
  const { status, stderr } = spawnSync('dd', [`if=${file}`, ...DD], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`dd ended with ${status}: ${stderr}`);
  const mapping = map(file, { access: 'read' });
  const { pages, resident } = mapping.residency();
  mapping.close();
  if (resident > pages / 100) throw new Error(`${resident} of ${pages} pages are still in the page cache`);
}
