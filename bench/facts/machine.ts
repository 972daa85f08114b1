import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compilerVersion } from '../rivals/c/rival.js';
import { jdkVersion } from '../rivals/java/rival.js';
import { rivalNames, rivalVersion } from '../rivals/npm/rival.js';
import { root } from '../paths.js';
import { pmem2Version } from '../rivals/c/pmem2.js';

/** The facts of a machine. Times of two results can be compared only if these are equal. */
export interface Machine {
  readonly date: string;
  readonly mapdirect: string;
  readonly node: string;
  readonly v8: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly architecture: string;
  readonly kernel: string;
  readonly memoryBytes: number;
  readonly transparentHugePages: string | null;
  readonly compiler: string | null;
  readonly libpmem2: string | null;
  readonly jdk: string | null;
  readonly rivals: Readonly<Record<string, string | null>>;
}

/** "advise" from "always within_size [advise] never"; null if the kernel has no such file. */
function selectedWord(file: string): string | null {
  if (!fs.existsSync(file)) return null;
  return /\[(.+)\]/.exec(fs.readFileSync(file, 'utf8'))?.[1] ?? null;
}

/** The facts of this machine. */
export function machine(): Machine {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    date: new Date().toISOString(),
    mapdirect: version,
    node: process.version,
    v8: process.versions.v8,
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cpus: os.cpus().length,
    architecture: process.arch,
    kernel: `${os.type()} ${os.release()}`,
    memoryBytes: os.totalmem(),
    transparentHugePages: selectedWord('/sys/kernel/mm/transparent_hugepage/shmem_enabled'),
    compiler: compilerVersion() ?? null,
    libpmem2: pmem2Version() ?? null,
    jdk: jdkVersion() ?? null,
    rivals: Object.fromEntries(rivalNames.map((name) => [name, rivalVersion(name) ?? null])),
  };
}
