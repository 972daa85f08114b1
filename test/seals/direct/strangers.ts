import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { PAGE } from '../../support/sizes.js';

const XFS = 0x58465342;

/** The file system of a directory shares blocks between files. */
export function canShare(directory: string): boolean {
  return statfsSync(directory).type === XFS;
}

/** A program without this package that changes the block map or the size of a file. */
export interface Stranger {
  readonly name: string;
  readonly command: (path: string) => readonly string[];
}

const inNode =
  (code: string) =>
  (path: string): string[] => [process.execPath, '-e', code, path];

/** Whom a kernel with MAP_DIRECT refuses. */
export function strangers(directory: string): readonly Stranger[] {
  const everywhere: Stranger[] = [
    { name: 'truncate(1), smaller', command: (path) => ['truncate', '--size', `${PAGE}`, path] },
    { name: 'truncate(1), to the same size', command: (path) => ['truncate', '--size', '+0', path] },
    { name: 'a shell that overwrites', command: (path) => ['sh', '-c', ': > "$1"', 'sh', path] },
    { name: 'tee(1), which appends', command: (path) => ['sh', '-c', 'echo more | tee --append "$1"', 'sh', path] },
    {
      name: 'fallocate(1), punching a hole',
      command: (path) => ['fallocate', '--punch-hole', '--length', `${PAGE}`, path],
    },
    { name: 'fallocate(1), past the end', command: (path) => ['fallocate', '--length', `${PAGE * 1000}`, path] },
    { name: 'Node: truncateSync', command: inNode('fs.truncateSync(process.argv[1], 1)') },
    { name: 'Node: writeFileSync', command: inNode("fs.writeFileSync(process.argv[1], 'new')") },
    { name: 'Node: appendFileSync', command: inNode("fs.appendFileSync(process.argv[1], 'more')") },
  ];
  const sharing: Stranger[] = [
    { name: 'cp --reflink, from it', command: (path) => ['cp', '--reflink=always', path, `${path}-copy`] },
    {
      name: 'cp --reflink, onto it',
      command: (path) => ['sh', '-c', 'cp "$1" "$1-other" && cp --reflink=always "$1-other" "$1"', 'sh', path],
    },
  ];
  return canShare(directory) ? [...everywhere, ...sharing] : everywhere;
}

/** Lets a stranger try. @returns 'done', 'refused' for ETXTBSY, or its output. */
export function attempt({ command }: Stranger, path: string): string {
  const [program = '', ...args] = command(path);
  const { status, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (status === 0) return 'done';
  return /Text file busy|ETXTBSY/i.test(stderr) ? 'refused' : `${error?.message ?? ''}${stderr}`;
}
