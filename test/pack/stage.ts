import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../support/paths.js';
import { Nodes } from './nodes.js';
import { run, transcript } from './run.js';
import { makeTarball } from './tarball.js';
import { program, requireNetwork } from './tools.js';

const FIXTURES = join(ROOT, 'test', 'pack', 'fixtures');

/** A folder of a user's program. */
export class Project {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'project', version: '1.0.0', private: true }));
  }

  path(...names: string[]): string {
    return join(this.dir, ...names);
  }

  /** Writes a file of the project, with its folders. @returns its path. */
  write(name: string, text: string): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Copies a program of test/pack/fixtures. @returns its path. */
  fixture(name: string): string {
    cpSync(join(FIXTURES, name), this.path(name));
    return this.path(name);
  }

  /** Makes packages of a folder node_modules visible, without installing them again. */
  link(nodeModules: string, ...packages: readonly string[]): void {
    for (const name of packages) {
      const place = this.path('node_modules', name);
      mkdirSync(dirname(place), { recursive: true });
      if (!existsSync(place)) symlinkSync(join(nodeModules, name), place);
    }
  }
}

/** What all checks share: the tarball, the Node programs, and a place for projects. */
export class Stage {
  readonly scratch: string;
  readonly nodes: Nodes;
  #made = 0;
  #tarball: Promise<string> | undefined;
  #installed: Promise<Project> | undefined;

  constructor(scratch: string, nodes: readonly string[]) {
    this.scratch = scratch;
    this.nodes = new Nodes(scratch, nodes);
  }

  /** The path of the tarball, with prebuilt binaries. */
  tarball(): Promise<string> {
    return (this.#tarball ??= makeTarball(this.scratch, 'prebuilt'));
  }

  /** A project without a package. */
  emptyProject(): Project {
    return new Project(join(this.scratch, `project-${++this.#made}`));
  }

  async #install(): Promise<Project> {
    const project = this.emptyProject();
    const { node, env } = await this.nodes.of(20);
    const npm = await program('npm 10', 'npm');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', await this.tarball()];
    const finished = await run(node, [npm, ...args], { cwd: project.dir, env });
    if (finished.code !== 0) {
      requireNetwork(finished.stderr);
      throw new Error(transcript(finished));
    }
    return project;
  }

  /** A project into which npm has installed the tarball, without install scripts and without a compiler. */
  async project(): Promise<Project> {
    const from = await (this.#installed ??= this.#install());
    const project = this.emptyProject();
    cpSync(from.path('node_modules'), project.path('node_modules'), { recursive: true });
    return project;
  }
}
