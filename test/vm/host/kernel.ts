import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { cached } from './cache.js';
import { Missing, PATH } from './tools.js';

const env = { ...process.env, PATH };
const BIG = 256 * 2 ** 20;

/** A kernel that the guest can boot: nothing of it is installed. */
export interface Kernel {
  readonly version: string;
  /** The uncompressed ELF image: QEMU boots it directly, which saves seconds. */
  readonly image: string;
  /** A directory with lib/modules/VERSION. undefined: everything is built in. */
  readonly root: string | undefined;
}

/** Runs a command of apt or dpkg. */
export function apt(args: readonly string[], cwd?: string): string {
  return execFileSync(args[0] ?? '', args.slice(1), {
    encoding: 'utf8',
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: BIG,
  });
}

/** The newest package of a series ('6.12', '6.1'), by today's name. The plain flavour has every module. */
function packageOf(series: string): string {
  const pattern = `^linux-image-${series.replace('.', '\\.')}[.][-0-9.+a-z]*-amd64-unsigned$`;
  const names = apt(['apt-cache', 'search', '--names-only', pattern])
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name !== '' && !/-(?:cloud|rt)-/.test(name));
  const newest = names.sort(new Intl.Collator('en', { numeric: true }).compare).at(-1);
  if (newest === undefined)
    throw new Missing(`apt knows no kernel ${series}: it is in the suites of Debian 12; run apt-get update`);
  return newest;
}

/** Fetches a package ('NAME' or 'NAME=VERSION') through apt and unpacks it into the directory `to`. */
export function fetchPackage(name: string, to: string): void {
  const download = `${to}-download`;
  fs.mkdirSync(download);
  process.stderr.write(`fetching ${name}\n`);
  apt(['apt-get', 'download', '-qq', '-o', 'APT::Sandbox::User=root', name], download);
  const [archive = ''] = fs.readdirSync(download);
  apt(['dpkg', '-x', path.join(download, archive), to]);
  fs.rmSync(download, { recursive: true });
}

function unpack(name: string, to: string): void {
  fetchPackage(name, to);
  const [version = ''] = fs.readdirSync(path.join(to, 'lib/modules'));
  apt(['depmod', '-b', to, version]);
}

/** The payload of a bzImage (Documentation/arch/x86/boot.rst): where the setup header says, and its decompressor. */
function decompress(bzImage: string, to: string): void {
  const bytes = fs.readFileSync(bzImage);
  const start = ((bytes[0x1f1] ?? 0) + 1) * 512 + bytes.readUInt32LE(0x248);
  const payload = bytes.subarray(start, start + bytes.readUInt32LE(0x24c));
  const magic = payload.readUInt32BE(0);
  const command =
    magic === 0xfd377a58
      ? ['xz', '-dc', '--single-stream']
      : magic === 0x28b52ffd
        ? ['zstd', '-dcq']
        : ['gzip', '-dcq'];
  const file = fs.openSync(to, 'w');
  try {
    // The length of the stream follows it. The decompressors report that as garbage after they are done.
    execFileSync(command[0] ?? '', command.slice(1), {
      input: payload.subarray(0, -4),
      stdio: ['pipe', file, 'inherit'],
      env,
    });
  } finally {
    fs.closeSync(file);
  }
}

function fetched(name: string): string {
  try {
    return cached(name, (to) => unpack(name, to));
  } catch (error) {
    throw new Missing(`${name} could not be fetched and unpacked: ${(error as Error).message}`);
  }
}

/** Fetches a kernel of a series of Debian's through apt, once. @throws Missing */
export function kernelOf(series: string): Kernel {
  const name = packageOf(series);
  const root = fetched(name);
  const [version = ''] = fs.readdirSync(path.join(root, 'lib/modules'));
  const image = cached(`${name}.vmlinux`, (to) => decompress(path.join(root, 'boot', `vmlinuz-${version}`), to));
  return { version, image, root };
}
