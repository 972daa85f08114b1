import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Kernel } from './kernel.js';
import { cached } from './cache.js';
import { digestOf } from './digest.js';
import { PATH } from './tools.js';
import { ROOT } from '../../support/paths.js';

const env = { ...process.env, PATH };

/** Modules that every guest may need. A kernel with a module built in, or without it, goes on. */
const MODULES = [
  'virtio_pci',
  '9pnet_virtio',
  '9p',
  'overlay',
  'nfit',
  'nd_pmem',
  'nd_e820',
  'dax_pmem',
  'device_dax',
  'virtio_pmem',
  'crc32c_generic',
  'crc32c_intel',
  'ext4',
  'xfs',
  'loop',
  'mce-inject',
  'dm-mod',
] as const;

const DIRECTORIES = ['bin', 'modules', 'proc', 'sys', 'dev', 'host', 'upper', 'layer', 'tree'] as const;

const init = path.join(ROOT, 'test/vm/guest/init.sh');

/** The files to insert for a module, in order. `-C /dev/null`: a modprobe.d of the host must not hide any. */
function filesOf(module: string, { root: modules, version }: Kernel): string[] {
  if (modules === undefined) return [];
  try {
    const args = ['-C', '/dev/null', '-d', modules, '-S', version, '--show-depends', module];
    const lines = execFileSync('modprobe', args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] }).split(
      '\n',
    );
    return lines.flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []);
  } catch {
    return [];
  }
}

function insert(file: string, to: string): void {
  if (file.endsWith('.xz')) fs.writeFileSync(to, execFileSync('xz', ['-dc', file], { env, maxBuffer: 2 ** 28 }));
  else if (file.endsWith('.zst'))
    fs.writeFileSync(to, execFileSync('zstd', ['-dcq', file], { env, maxBuffer: 2 ** 28 }));
  else fs.copyFileSync(file, to);
}

/** A directory as an archive of the kind that the kernel unpacks at boot. */
export function archive(directory: string, to: string): void {
  const names = execFileSync('find', ['.', '-print0'], { cwd: directory });
  const bytes = execFileSync('cpio', ['--null', '--create', '--format=newc', '--quiet', '--owner=0:0'], {
    cwd: directory,
    input: names,
    env,
    maxBuffer: 2 ** 30,
  });
  fs.writeFileSync(to, bytes);
}

function build(kernel: Kernel, modules: readonly string[], to: string): void {
  const tree = `${to}-tree`;
  for (const name of DIRECTORIES) fs.mkdirSync(path.join(tree, name), { recursive: true });
  fs.copyFileSync(
    execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8', env }).trim(),
    path.join(tree, 'bin/busybox'),
  );
  fs.copyFileSync(init, path.join(tree, 'init'));
  fs.chmodSync(path.join(tree, 'init'), 0o755);
  const files = [...new Set(modules.flatMap((module) => filesOf(module, kernel)))];
  files.forEach((file, i) => {
    const name = path.basename(file).replace(/\.(?:xz|zst)$/, '');
    insert(file, path.join(tree, 'modules', `${String(i).padStart(3, '0')}-${name}`));
  });
  archive(tree, to);
}

/**
 * The first file system of the guest: busybox, modules in the order in which they are inserted, and guest/init.sh.
 *
 * @param more - Modules beside the usual ones.
 */
export function initramfs(kernel: Kernel, more: readonly string[] = []): string {
  const modules = [...MODULES, ...more];
  const digest = digestOf(fs.readFileSync(init), modules.join(), DIRECTORIES.join());
  return cached(`initramfs-${kernel.version}-${digest}.cpio`, (to) => build(kernel, modules, to));
}
