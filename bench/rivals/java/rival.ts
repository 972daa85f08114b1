import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Effort, Trial } from '../../benchmark.js';
import { javaSources } from '../../paths.js';

/** The first JDK with jdk.internal.misc.Unsafe.writebackMemory (JEP 352). */
const OLDEST = 14;
const REMEDY = 'apt-get install openjdk-17-jdk-headless (or set JAVA_HOME)';

/** The packages with the method that MappedByteBuffer.force() calls on DAX, and with the address of a Buffer. */
const EXPORTS = ['jdk.internal.misc', 'sun.nio.ch'].map((name) => `--add-exports=java.base/${name}=ALL-UNNAMED`);

function java(): string {
  const home = process.env['JAVA_HOME'];
  return home === undefined || home === '' ? 'java' : path.join(home, 'bin', 'java');
}

/** E.g. "17.0.15", the version of the JDK's compiler. undefined: there is none, and sources cannot be started. */
export function jdkVersion(): string | undefined {
  const { status, stdout } = spawnSync(java(), ['--list-modules'], { encoding: 'utf8' });
  return status === 0 ? /^jdk\.compiler@(.+)$/m.exec(stdout)?.[1] : undefined;
}

function missingJdk(): string | undefined {
  const version = jdkVersion();
  if (version === undefined) return `no JDK: ${REMEDY}`;
  return Number.parseInt(version, 10) < OLDEST ? `JDK ${version} is older than ${OLDEST}: ${REMEDY}` : undefined;
}

/** A rival in Java, from bench/rivals/java/`source`. The java command compiles it at each start. */
export function javaRival(
  name: string,
  source: string,
  args: (directory: string, effort: Effort) => readonly string[],
): Trial {
  return {
    name,
    role: 'rival',
    available: missingJdk,
    command: (directory, effort) => [java(), ...EXPORTS, path.join(javaSources, source), ...args(directory, effort)],
  };
}
