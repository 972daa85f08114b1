import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { demand, type Check } from '../check.js';
import { userOf } from '../record.js';
import { runWell } from '../run.js';
import { program } from '../tools.js';

/** In KiB. A change that needs more must be wanted: raise the number with it. */
const MOST = { text: 2900, binary: 1100, packedText: 800, packedBinary: 450 };

const publint: Check = {
  name: 'shape: publint is content',
  run: async (stage) => {
    const { project, runtime } = await userOf(stage);
    const args = [
      await program('publint', 'publint'),
      project.path('node_modules', 'mapdirect'),
      '--pack',
      'false',
      '--strict',
    ];
    await runWell(runtime.node, args, { cwd: project.dir, env: runtime.env });
  },
};

const attw: Check = {
  name: 'shape: attw finds the types of every entry, for CommonJS, ES modules and bundlers',
  run: async (stage) => {
    const { project, runtime } = await userOf(stage);
    // Resolution as in Node 10, which this package has never supported, knows no subpaths.
    const args = [await program('attw', '@arethetypeswrong/cli', 'attw'), await stage.tarball(), '--profile', 'node16'];
    await runWell(runtime.node, args, { cwd: project.dir, env: runtime.env });
  },
};

const kib = (bytes: number): number => Math.ceil(bytes / 1024);

const size: Check = {
  name: `shape: at most ${MOST.text} KiB unpacked and ${MOST.packedText} packed; and ${MOST.binary} and ${MOST.packedBinary} for each binary`,
  run: async (stage) => {
    const { project } = await userOf(stage);
    const entries = readdirSync(project.path('node_modules', 'mapdirect'), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const bytesOf = (those: typeof files): number[] =>
      those.map(({ parentPath, name }) => statSync(join(parentPath, name)).size);
    const binaries = bytesOf(files.filter(({ name }) => name.endsWith('.node')));
    const text = bytesOf(files.filter(({ name }) => !name.endsWith('.node'))).reduce((sum, bytes) => sum + bytes, 0);
    const packed = statSync(await stage.tarball()).size;
    const isSmall =
      kib(text) <= MOST.text &&
      binaries.every((bytes) => kib(bytes) <= MOST.binary) &&
      kib(packed) <= MOST.packedText + MOST.packedBinary * binaries.length;
    demand(
      binaries.length > 0 && isSmall,
      `${kib(text)} KiB, binaries of ${binaries.map(kib).join(' and ')} KiB; packed ${kib(packed)} KiB`,
    );
  },
};

/** The package as other tools see it. */
export const shapeChecks: readonly Check[] = [publint, attw, size];
