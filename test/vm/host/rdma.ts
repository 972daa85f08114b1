import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { longForms } from '../long-forms.js';
import { RDMA_VARIABLE, type RdmaEnvironment } from '../rdma-environment.js';
import { cached } from './cache.js';
import { digestOf } from './digest.js';
import type { BootOptions } from './guest.js';
import { packagesOf } from './packages.js';
import { Missing, PATH, requireTools, type Tool } from './tools.js';
import { nodeHeaders } from '../../support/node-headers.js';
import { ROOT } from '../../support/paths.js';

/** For soft RoCE. rdma_rxe needs crc32_generic before Linux 7, which its list of dependencies does not say. */
const RDMA_MODULES = ['crc32_generic', 'ib_core', 'ib_uverbs', 'rdma_ucm', 'rdma_rxe', 'virtio_net'] as const;

const LIBRARIES = '/usr/lib/x86_64-linux-gnu';
const TOOLS: readonly Tool[] = [
  { command: 'rdma', package: 'iproute2' },
  { command: 'gcc', package: 'build-essential' },
  { command: `${LIBRARIES}/libibverbs.so.1`, package: 'libibverbs1' },
  { command: `${LIBRARIES}/libibverbs`, package: 'ibverbs-providers' },
  { command: '/usr/include/infiniband/verbs.h', package: 'libibverbs-dev' },
];

/** The suite whose libibverbs has RDMA FLUSH, which came with version 45. */
const NEWER = 'trixie';
const LAYER = ['libc6', 'libibverbs1', 'ibverbs-providers'] as const;

const FACTS = path.join(ROOT, 'test/vm/rdma/facts.c');
const UNLISTED = path.join(ROOT, 'test/vm/rdma/unlisted.c');
const WRITE = path.join(ROOT, 'bench/rivals/c/rdma_write.c');
const REGISTER = path.join(ROOT, 'bench/rivals/c/rdma_register.c');

/** A guest with soft RoCE on its loopback interface. */
export interface Rdma {
  /** The kernel. */
  readonly series: string;
  readonly libraries: RdmaEnvironment['libraries'];
  /** Places for the suites, which prepare them when they need them. */
  readonly memory: readonly string[];
}

/** @throws Missing: a tool, the newer libraries, or a compiler that works. */
export function rdmaBoot({
  series,
  libraries,
}: Rdma): Pick<BootOptions, 'modules' | 'layer' | 'environment' | 'scripts'> {
  requireTools(TOOLS);
  const environment: RdmaEnvironment = {
    series,
    libraries,
    facts: rdmaProgram(FACTS, libraries),
    write: rdmaProgram(WRITE, libraries),
    register: rdmaProgram(REGISTER, libraries),
    unlisted: rdmaProgram(UNLISTED, libraries, asAddon()),
  };
  return {
    modules: RDMA_MODULES,
    ...(libraries === 'newer' ? { layer: newerLibraries() } : {}),
    environment: { ...longForms(process.env), [RDMA_VARIABLE]: JSON.stringify(environment) },
    scripts: [['rdma-link']],
  };
}

/** A directory with newer libraries, to lie over those of this machine. They bring the C library that they need. */
function newerLibraries(): string {
  const packages = packagesOf(NEWER);
  const versions = LAYER.map((name) => `${name}=${packages.versionOf(name)}`);
  return cached(`libibverbs-${packages.versionOf('libibverbs1')}-${digestOf(...versions)}`, (to) => {
    for (const name of versions) packages.fetch(name, to);
    fs.rmSync(path.join(to, 'usr/share'), { recursive: true, force: true });
  });
}

/** libibverbs for compilers, of the newer suite. */
export function newerHeaders(): string {
  const packages = packagesOf(NEWER);
  const name = `libibverbs-dev=${packages.versionOf('libibverbs-dev')}`;
  return path.join(
    cached(name, (to) => packages.fetch(name, to)),
    'usr/include',
  );
}

const WARNINGS = ['-std=c17', '-Wall', '-Wextra', '-Werror', '-O2'] as const;

/** @throws Missing */
function asAddon(): string[] {
  const headers = nodeHeaders();
  if (headers === undefined)
    throw new Missing('the headers of Node.js are missing: npm run build:native downloads them');
  return ['-shared', '-fPIC', '-DNAPI_VERSION=8', '-isystem', headers];
}

/** A program in C over libibverbs, for the guest. @throws Missing */
function rdmaProgram(source: string, libraries: RdmaEnvironment['libraries'], more: readonly string[] = []): string {
  const flags = [...(libraries === 'newer' ? ['-isystem', newerHeaders(), '-DWITH_FLUSH'] : []), ...more];
  const name = `rdma-${path.basename(source, '.c')}-${digestOf(fs.readFileSync(source), ...flags)}`;
  return cached(name, (to) => {
    try {
      const args = [...WARNINGS, ...flags, '-o', to, source, '-libverbs'];
      execFileSync('gcc', args, { env: { ...process.env, PATH }, stdio: ['ignore', 'inherit', 'inherit'] });
    } catch {
      throw new Missing(`${source} could not be compiled: see above`);
    }
  });
}
