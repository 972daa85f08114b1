// A process without this package. It does the operations of its messages on a file, and reports each result.
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  openSync,
  readSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { loadAddon } from '../../../lib/backend/native/load.js';

export interface Action {
  readonly action: keyof typeof actions;
  readonly path: string;
}

/** How it ended ('in', or the error's code), and between which moments of CLOCK_MONOTONIC, in milliseconds. */
export interface Done {
  readonly result: string;
  readonly began: number;
  readonly ended: number;
}

const now = (): number => Number(process.hrtime.bigint()) / 1e6;

function opened(flags: number): (path: string) => void {
  return (path) => closeSync(openSync(path, flags));
}

function head(fd: number): string {
  const bytes = Buffer.alloc(8);
  readSync(fd, bytes, 0, 8, 0);
  return bytes.toString('latin1');
}

function punch(path: string): void {
  const loaded = loadAddon();
  if ('reason' in loaded) throw new Error(loaded.reason);
  const { addon } = loaded;
  const fd = openSync(path, 'r+');
  const { FALLOC_FL_PUNCH_HOLE = 0, FALLOC_FL_KEEP_SIZE = 0 } = addon.constants();
  const punched = addon.allocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
  closeSync(fd);
  if (punched !== 0) throw Object.assign(new Error('fallocate'), { code: String(punched) });
}

function often(times: number, each: (fd: number) => void): (path: string) => void {
  return (path) => {
    const fd = openSync(path, 'r+');
    for (let time = 0; time < times; time++) each(fd);
    closeSync(fd);
  };
}

function write(fd: number): void {
  writeSync(fd, 'x', 4095);
}

const actions = {
  read: opened(constants.O_RDONLY),
  write: opened(constants.O_RDWR),
  probe: opened(constants.O_RDONLY | constants.O_NONBLOCK),
  'probe to write': opened(constants.O_RDWR | constants.O_NONBLOCK),
  truncate: (path: string) => truncateSync(path, 8192),
  punch,
  'write once': often(1, write),
  'write 20,000 times': often(20_000, write),
  'write and chmod 20,000 times, our parent being stopped': (path: string) => {
    process.kill(process.ppid, 'SIGSTOP');
    try {
      // Two kinds of event in turn: equal ones would be merged.
      often(20_000, (fd) => (write(fd), fchmodSync(fd, 0o600)))(path);
    } finally {
      process.kill(process.ppid, 'SIGCONT');
    }
  },
  chmod: (path: string) => chmodSync(path, 0o640),
  rename: (path: string) => (renameSync(path, `${path}.moved`), renameSync(`${path}.moved`, path)),
  rewrite: (path: string) => writeFileSync(path, 'stranger'),
  /** Whether anything arrives in the file once it could be opened. */
  'open and look twice': async (path: string) => {
    const fd = openSync(path, 'r+');
    const first = head(fd);
    await delay(400);
    const second = head(fd);
    closeSync(fd);
    if (first !== second) throw Object.assign(new Error('changed'), { code: `${first} became ${second}` });
  },
} satisfies Record<string, (path: string) => void | Promise<void>>;

async function carryOut({ action, path }: Action): Promise<Done> {
  const began = now();
  try {
    await actions[action](path);
    return { result: 'in', began, ended: now() };
  } catch (error) {
    return { result: String((error as NodeJS.ErrnoException).code), began, ended: now() };
  }
}

if (require.main === module)
  process.on('message', (action: Action) => void carryOut(action).then((done) => process.send?.(done)));
