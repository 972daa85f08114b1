import { demand } from './check.js';
import type { Major, Runtime } from './nodes.js';
import { run, transcript } from './run.js';
import type { Project, Stage } from './stage.js';

/** A program of a project that persists a record and prints the backend. */
export interface Recorder {
  readonly project: Project;
  readonly runtime: Runtime;
  /** The arguments of node, or of `executable`. The path of the data is added. */
  readonly args: readonly string[];
  /** Default: node. */
  readonly executable?: string;
}

async function record({ project, runtime, args, executable = runtime.node }: Recorder): ReturnType<typeof run> {
  return run(executable, [...args, project.path('record.data')], { cwd: project.dir, env: runtime.env });
}

/** The program runs on the native backend, and prints nothing but its result: no warning. */
export async function recordsNatively(recorder: Recorder): Promise<void> {
  const finished = await record(recorder);
  const isGood = finished.code === 0 && finished.stdout === 'native record\n' && finished.stderr === '';
  demand(isGood, transcript(finished));
}

/** The program runs on the emulation, and its warning names the remedy for a bundle. */
export async function recordsLoudly(recorder: Recorder): Promise<void> {
  const finished = await record(recorder);
  const warns = finished.stderr.includes('MAPDIRECT_EMULATED') && finished.stderr.includes('--external:mapdirect');
  demand(finished.code === 0 && finished.stdout === 'emulated record\n' && warns, transcript(finished));
}

/** A project with the installed package, and a Node for it. */
export async function userOf(stage: Stage, major: Major = 20): Promise<{ project: Project; runtime: Runtime }> {
  return { project: await stage.project(), runtime: await stage.nodes.of(major) };
}
