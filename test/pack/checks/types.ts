import { demand, type Check } from '../check.js';
import { userOf } from '../record.js';
import { run, runWell, transcript } from '../run.js';
import { program as programOf, tool } from '../tools.js';
import { mainProgram, mistaken, mmapIoProgram, rdmaProgram } from '../../support/typed-programs.js';

const COMPILERS = ['5.2', '5.4', '5.9', '6.0', '7.0'] as const;

const STRICT = {
  target: 'es2022',
  lib: ['es2022', 'esnext.disposable'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true,
  types: [],
};

/** The resolutions, and the files in which a user writes for each. */
const RESOLUTIONS = {
  node16: { options: { module: 'node16', moduleResolution: 'node16' }, suffixes: ['cts', 'mts'] },
  bundler: { options: { module: 'esnext', moduleResolution: 'bundler' }, suffixes: ['ts'] },
} as const;

type Resolution = keyof typeof RESOLUTIONS;

const types = (version: (typeof COMPILERS)[number], resolution: Resolution): Check => ({
  name: `types: TypeScript ${version}, moduleResolution ${resolution}, strict, exactOptionalPropertyTypes`,
  run: async (stage) => {
    const { project, runtime } = await userOf(stage);
    const { options, suffixes } = RESOLUTIONS[resolution];
    project.link(await tool('types of node'), '@types/node', 'undici-types');
    const write = (name: string, text: string): string[] =>
      suffixes.map((suffix) => project.write(`${name}.${suffix}`, text));
    const files = [...write('main', mainProgram), ...write('rdma', rdmaProgram), ...write('mmap-io', mmapIoProgram)];
    const tsc = await programOf(`typescript ${version}`, 'typescript', 'tsc');
    const where = { cwd: project.dir, env: runtime.env };
    project.write('tsconfig.json', JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files }));
    await runWell(runtime.node, [tsc, '--project', 'tsconfig.json'], where);
    // A type that had become `any` would accept a mistake.
    const wrong = write('wrong', mistaken);
    project.write('wrong.json', JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files: wrong }));
    const finished = await run(runtime.node, [tsc, '--project', 'wrong.json'], where);
    const isRefused =
      finished.stdout.includes('noMethodOfBuffers') && finished.stdout.includes("'string' is not assignable");
    demand(isRefused, transcript(finished));
  },
});

/** The declarations for each supported compiler. */
export const typeChecks: readonly Check[] = COMPILERS.flatMap((version) =>
  (Object.keys(RESOLUTIONS) as Resolution[]).map((resolution) => types(version, resolution)),
);
