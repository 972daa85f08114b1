import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { attempt, readText } from '../storage/sysfs.js';

/** The version in package.json; this file runs as dist/lib/cli/versions.js. */
export function packageVersion(): string {
  const text = readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** 'Node.js 20.19.0'. Bun and Deno report a version of Node.js, too. */
function runtime(): string {
  const { bun, deno, node } = process.versions;
  if (bun !== undefined) return `Bun ${bun}`;
  return deno === undefined ? `Node.js ${node}` : `Deno ${deno}`;
}

/** The versions below a result. In Deno os.release() needs a right, and a file of /proc needs none. */
export function versions(): Readonly<Record<'mapdirect' | 'runtime' | 'kernel', string>> {
  const version = readText('/proc/sys/kernel/osrelease') ?? attempt(release) ?? 'unknown';
  return {
    mapdirect: packageVersion(),
    runtime: runtime(),
    kernel: `${process.platform} ${version} ${process.arch}`,
  };
}
