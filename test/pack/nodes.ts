import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { stranger } from './environment.js';
import { NODE, tool } from './tools.js';

/** The supported majors of Node. */
export const MAJORS = [20, 22, 24, 26] as const;
export type Major = (typeof MAJORS)[number];

const majorOf = (version: string): number => Number(/^v?(\d+)/.exec(version)?.[1]);

/** A Node, and a PATH that has this node and a shell: no compiler, no make, no Python. */
export interface Runtime {
  readonly node: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The Node programs of the checks. */
export class Nodes {
  readonly #scratch: string;
  readonly #given = new Map<number, string>([[majorOf(process.version), process.execPath]]);
  readonly #runtimes = new Map<Major, Promise<Runtime>>();

  /** @param given Programs to use instead of the ones from the registry. */
  constructor(scratch: string, given: readonly string[]) {
    this.#scratch = scratch;
    for (const path of given) this.#given.set(majorOf(execFileSync(path, ['--version'], { encoding: 'utf8' })), path);
  }

  async #make(major: Major): Promise<Runtime> {
    const node = this.#given.get(major) ?? join(await tool(`node ${major}`), NODE, 'bin', 'node');
    const folder = join(this.#scratch, `path-${major}`);
    mkdirSync(folder);
    symlinkSync(node, join(folder, 'node'));
    symlinkSync('/bin/sh', join(folder, 'sh'));
    return { node, env: stranger(folder) };
  }

  /** @throws Skipped: it is not here, and there is no network. */
  of(major: Major): Promise<Runtime> {
    const runtime = this.#runtimes.get(major) ?? this.#make(major);
    this.#runtimes.set(major, runtime);
    return runtime;
  }
}
