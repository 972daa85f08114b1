import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { cached } from './cache.js';
import { apt, machinePackages, packagesOf } from './packages.js';
import { Missing, PATH } from './tools.js';

const env = { ...process.env, PATH };

/** A kernel that the guest can boot: nothing of it is installed. */
export interface Kernel {
  readonly version: string;
  /** The uncompressed ELF image: QEMU boots it directly, which saves seconds. */
  readonly image: string;
  /** A directory with lib/modules/VERSION. undefined: everything is built in. */
  readonly root: string | undefined;
}

/** How the newest kernel of {@link BACKPORTS_SUITE} is called among the series. */
export const BACKPORTS = 'backports';
const BACKPORTS_SUITE = 'trixie-backports';

function unpack(fetch: (to: string) => void, to: string): void {
  fetch(to);
  const merged = path.join(to, 'usr/lib/modules');
  if (fs.existsSync(merged)) fs.symlinkSync('usr/lib', path.join(to, 'lib'));
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

/** The kernel of a package's name, fetched once. */
function cachedKernel(name: string, fetch: (to: string) => void): Kernel {
  const root = cached(name, (to) => unpack(fetch, to));
  const [version = ''] = fs.readdirSync(path.join(root, 'lib/modules'));
  const compressed = [
    path.join(root, 'boot', `vmlinuz-${version}`),
    path.join(root, 'lib/modules', version, 'vmlinuz'),
  ];
  const image = cached(`${name}.vmlinux`, (to) => decompress(compressed.find(fs.existsSync) ?? '', to));
  return { version, image, root };
}

/** The image is a package, and so are the modules. */
function backportsKernel(): Kernel {
  const packages = packagesOf(BACKPORTS_SUITE);
  const name = packages.newest('linux-binary-', /^linux-binary-[0-9.]+[+]deb[0-9]+-amd64$/);
  if (name === undefined) throw new Missing(`Debian's ${BACKPORTS_SUITE} has no package linux-binary-*-amd64`);
  return cachedKernel(name, (to) => {
    packages.fetch(name, to);
    packages.fetch(name.replace('linux-binary-', 'linux-modules-'), to);
  });
}

/** A series of Debian's ('6.12', '6.1'), or {@link BACKPORTS}: fetched through apt, once. @throws Missing */
export function kernelOf(series: string): Kernel {
  if (series === BACKPORTS) return backportsKernel();
  // By today's name. The plain flavour has every module.
  const name = machinePackages.newest(`linux-image-${series}.`, /^(?!.*-(?:cloud|rt)-)[-0-9.+a-z]*-amd64-unsigned$/);
  if (name === undefined)
    throw new Missing(`apt knows no kernel ${series}: it is in the suites of Debian 12; run apt-get update`);
  return cachedKernel(name, (to) => machinePackages.fetch(name, to));
}
