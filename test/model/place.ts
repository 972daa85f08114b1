import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, map } from '../../lib/index.js';

const { PAGE_SIZE } = constants;
const TMPFS_MAGIC = 0x01021994;
/** The size of the small file system: more than one file of the model, and less than two. */
const PAGES = 14;

export const placeNames = ['large', 'small'] as const;
export type PlaceName = (typeof placeNames)[number];

/** The folder of the files, on a disk with more space than any run needs, or on a tmpfs that a run can fill. */
export interface Place {
  readonly folder: string;
  readonly pages: number;
  /** tmpfs: a page of a hole gets its block when a mapping reads it. */
  readonly readsAllocate: boolean;
  /** seal() works. */
  readonly isSealable: boolean;
  /** The error of badBlocks(). */
  readonly badBlocksCode: string | undefined;
  freePages(): number;
  remove(): void;
}

/** What a mapping of a file there can do. */
function trial(folder: string): Pick<Place, 'isSealable' | 'badBlocksCode'> {
  const path = join(folder, 'trial');
  writeFileSync(path, Buffer.alloc(PAGE_SIZE));
  const mapping = map(path);
  const codeOf = (call: () => unknown): string | undefined => {
    try {
      call();
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  };
  const [sealing, badBlocksCode] = [codeOf(() => mapping.seal()), codeOf(() => mapping.badBlocks())];
  mapping.close();
  rmSync(path);
  return { isSealable: sealing === undefined, badBlocksCode };
}

function largePlace(folder: string): Place {
  return {
    folder,
    pages: Infinity,
    readsAllocate: statfsSync(folder).type === TMPFS_MAGIC,
    ...trial(folder),
    freePages: () => Infinity,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Mounted in a name space of this process: see run-session.ts. */
function smallPlace(home: string): Place {
  const folder = join(home, 'small');
  mkdirSync(folder);
  const options = `size=${PAGES * PAGE_SIZE},huge=never`;
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount: ${stderr}`);
  return {
    folder,
    pages: PAGES,
    readsAllocate: true,
    ...trial(folder),
    freePages: () => statfsSync(folder).bavail,
    remove: () => {
      spawnSync('umount', [folder]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export function makePlace(name: PlaceName): Place {
  const home = mkdtempSync(join(tmpdir(), 'mapdirect-model-'));
  return name === 'large' ? largePlace(home) : smallPlace(home);
}
