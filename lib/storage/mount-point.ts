import fs from 'node:fs';
import { attempt, readText } from './sysfs.js';

const { closeSync, openSync } = fs;

/** The mount that a path lies on, as /proc/self/mountinfo has it. */
export interface MountPoint {
  /** The directory that it is mounted on, as this process sees it. */
  readonly directory: string;
  /** The name of the file system, as mount(8) writes it: it tells ext2 from ext4. */
  readonly type: string;
  /** The device, or the name that was given in its place. */
  readonly source: string;
  /** The options of the mount and of the file system; no option twice. */
  readonly options: readonly string[];
}

// O_PATH of asm-generic/fcntl.h, for which Node has no constant: neither its open nor its close ends a lock or a lease.
const O_PATH = 0o10000000;

/** The number of the mount in mountinfo. The longest matching directory can be hidden by a later mount. */
function mountNumber(path: string): string | undefined {
  return attempt(() => {
    const fd = openSync(path, O_PATH);
    try {
      return /^mnt_id:\s+(\d+)/m.exec(readText(`/proc/self/fdinfo/${fd}`) ?? '')?.[1];
    } finally {
      closeSync(fd);
    }
  });
}

/** A blank is written as \040. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** The mount with this number in the text of a mountinfo (man 5 proc_pid_mountinfo). undefined: it has none. */
export function parseMountPoint(mountinfo: string, number: string): MountPoint | undefined {
  const line = mountinfo.split('\n').find((each) => each.startsWith(`${number} `));
  const [own, shared] = line?.split(' - ', 2) ?? [];
  const [, , , , directory, mountOptions] = own?.split(' ') ?? [];
  const [type, source, options] = shared?.split(' ') ?? [];
  if (directory === undefined || type === undefined || source === undefined) return undefined;
  const all = [mountOptions, options].flatMap((list) => list?.split(',') ?? []);
  return { directory: unescape(directory), type, source: unescape(source), options: [...new Set(all)].map(unescape) };
}

/** The mount under an existing path. undefined: there is no /proc, or it does not tell. */
export function mountPointOf(path: string): MountPoint | undefined {
  const number = mountNumber(path);
  const mountinfo = readText('/proc/self/mountinfo');
  return number === undefined || mountinfo === undefined ? undefined : parseMountPoint(mountinfo, number);
}
