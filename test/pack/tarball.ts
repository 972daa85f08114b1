import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../support/paths.js';
import { CACHE, developer } from './environment.js';
import { runWell } from './run.js';

function sourceFiles(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const names = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0');
  return names.filter((name) => name !== '' && existsSync(join(ROOT, name)));
}

/** Whether a compiled file has its source still: a folder dist/ may be older than the sources. */
function isCurrent(compiled: string): boolean {
  const source = compiled.replace(/(\.d)?\.(m?)(js|ts)$/, '.$2ts');
  return existsSync(join(ROOT, 'lib', source));
}

/** Copies the sources and the compiled files, so that nothing is written into the checkout. No binary is among them. */
function copyTree(to: string): void {
  for (const name of sourceFiles()) {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    cpSync(join(ROOT, name), join(to, name));
  }
  const compiled = readdirSync(join(ROOT, 'dist', 'lib'), { recursive: true, encoding: 'utf8' });
  for (const name of compiled.filter((each) => /\.m?(js|ts)$/.test(each) && isCurrent(each))) {
    mkdirSync(dirname(join(to, 'dist', 'lib', name)), { recursive: true });
    cpSync(join(ROOT, 'dist', 'lib', name), join(to, 'dist', 'lib', name));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(to, 'node_modules'));
}

/** Changes with everything that decides the bytes of the binary. */
function nativeKey(): string {
  const hash = createHash('sha256').update(process.version);
  const files = sourceFiles().filter((name) =>
    /^src-native\/|^(binding\.gyp|package-lock\.json|scripts\/build-prebuilds\.js)$/.test(name),
  );
  for (const name of files) hash.update(name).update(readFileSync(join(ROOT, name)));
  return hash.digest('hex').slice(0, 16);
}

/** Builds the binary for this CPU, or takes that of an earlier run with the same sources. */
async function addPrebuild(tree: string): Promise<void> {
  const kept = join(CACHE, `prebuild-${nativeKey()}`);
  if (!existsSync(kept)) {
    mkdirSync(CACHE, { recursive: true });
    const half = mkdtempSync(`${kept}-`);
    try {
      const args = ['scripts/build-prebuilds.js', '--arch', process.arch, '--out', half];
      await runWell(process.execPath, args, { cwd: ROOT, env: developer });
      if (!existsSync(kept)) renameSync(half, kept);
    } finally {
      rmSync(half, { recursive: true, force: true });
    }
  }
  cpSync(join(kept, 'prebuilds'), join(tree, 'prebuilds'), { recursive: true });
}

async function pack(tree: string, to: string): Promise<string> {
  mkdirSync(to);
  // Without scripts: "prepare" would compile again what the command before this program has compiled.
  await runWell('npm', ['pack', '--ignore-scripts', '--pack-destination', to], { cwd: tree, env: developer });
  const [name] = readdirSync(to);
  if (name === undefined) throw new Error('npm pack wrote no file');
  return join(to, name);
}

/** Packs the package, with the binary for this CPU or without any. @returns the path of the tarball. */
export async function makeTarball(scratch: string, binaries: 'prebuilt' | 'no binary'): Promise<string> {
  const tree = join(scratch, `tree-${binaries.replace(' ', '-')}`);
  copyTree(tree);
  if (binaries === 'prebuilt') await addPrebuild(tree);
  return pack(tree, `${tree}-packed`);
}
