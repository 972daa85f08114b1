import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { cache } from './cache.js';
import { Missing, PATH } from './tools.js';

const env = { ...process.env, PATH };
const BIG = 256 * 2 ** 20;
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const DAY = 24 * 60 * 60 * 1000;

/** Runs a command of apt or dpkg. */
export function apt(args: readonly string[], cwd?: string): string {
  return execFileSync(args[0] ?? '', args.slice(1), {
    encoding: 'utf8',
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: BIG,
  });
}

/** Packages that can be fetched; none is ever installed. */
export class Packages {
  /** @param options - Of apt; none: the lists and sources of this machine. */
  constructor(private readonly options: readonly string[] = []) {}

  private run(program: string, args: readonly string[], cwd?: string): string {
    return apt([program, ...this.options, ...args], cwd);
  }

  /** The newest package with a name that begins so and matches, by the numbers in the names. */
  newest(start: string, pattern: RegExp): string | undefined {
    return this.run('apt-cache', ['search', '--names-only', `^${start.replaceAll('.', '[.]')}`])
      .split('\n')
      .map((line) => line.split(' ')[0] ?? '')
      .filter((name) => pattern.test(name))
      .sort(new Intl.Collator('en', { numeric: true }).compare)
      .at(-1);
  }

  /** The version that {@link fetch} would give today; undefined: no such package. */
  versionOf(name: string): string | undefined {
    try {
      return /^Version: (.+)$/m.exec(this.run('apt-cache', ['show', '--no-all-versions', name]))?.[1];
    } catch {
      return undefined; // apt-cache fails for a package that it does not know
    }
  }

  /** Fetches a package ('NAME' or 'NAME=VERSION') and unpacks it into the directory `to`. @throws Missing */
  fetch(name: string, to: string): void {
    const download = `${to}-download`;
    fs.mkdirSync(download);
    process.stderr.write(`fetching ${name}\n`);
    try {
      this.run('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', name], download);
      const [archive = ''] = fs.readdirSync(download);
      apt(['dpkg', '-x', path.join(download, archive), to]);
    } catch (error) {
      throw new Missing(`${name} could not be fetched and unpacked: ${(error as Error).message}`);
    } finally {
      fs.rmSync(download, { recursive: true, force: true });
    }
  }
}

/** What the apt of this machine knows. */
export const machinePackages = new Packages();

/** The server of this machine's own lists: it may be a mirror, and the only one that can be reached. @throws Missing */
function server(): string {
  const [first] = apt(['apt-get', 'indextargets', '--format', '$(REPO_URI) $(COMPONENT)'])
    .split('\n')
    .flatMap((line) => /^(\S+\/debian)\/? main$/.exec(line)?.[1] ?? []);
  if (first === undefined) throw new Missing("apt has no list of Debian's component main: add it to its sources");
  return first;
}

/** Fetches the lists, unless they are of today. Older ones are better than none. @throws Missing */
function update(suite: string, home: string, options: readonly string[]): void {
  const stamp = path.join(home, 'updated');
  const updated = fs.existsSync(stamp) ? fs.statSync(stamp).mtimeMs : undefined;
  if (updated !== undefined && Date.now() - updated < DAY) return;
  try {
    apt(['apt-get', ...options, 'update', '-qq', '--error-on=any']);
    fs.writeFileSync(stamp, '');
  } catch (error) {
    if (updated !== undefined) return;
    throw new Missing(
      `the list of packages of Debian's ${suite} could not be fetched; it needs apt, ${KEYRING} and the network: ${(error as Error).message}`,
    );
  }
}

/**
 * The packages of another suite of Debian ('trixie'), by lists in our cache: the apt of this machine does not hear of
 * it. @throws Missing
 */
export function packagesOf(suite: string): Packages {
  const home = path.join(cache, `apt-${suite}`);
  const lists = path.join(home, 'lists');
  fs.mkdirSync(path.join(lists, 'partial'), { recursive: true });
  fs.mkdirSync(path.join(home, 'archives/partial'), { recursive: true });
  const sources = path.join(home, 'debian.sources');
  const lines = ['Types: deb', `URIs: ${server()}`, `Suites: ${suite}`, 'Components: main', `Signed-By: ${KEYRING}`];
  fs.writeFileSync(sources, `${lines.join('\n')}\n`);
  const status = path.join(home, 'status');
  fs.writeFileSync(status, ''); // nothing is installed
  const settings = {
    'Dir::State': home,
    'Dir::State::Lists': lists,
    'Dir::State::Status': status,
    'Dir::Cache': home,
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Acquire::Languages': 'none',
    // Lists of files, which apt-file asks for. They are large, and out of step with the packages at times.
    'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled': 'false',
    'Acquire::IndexTargets::deb::Contents-deb-legacy::DefaultEnabled': 'false',
    'APT::Sandbox::User': 'root',
    'APT::Update::Post-Invoke-Success': '',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  update(suite, home, options);
  return new Packages(options);
}
