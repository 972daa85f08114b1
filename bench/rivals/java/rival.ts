import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Trial } from '../../benchmark.js';
import { javaSources } from '../../paths.js';

/** jdk.internal.misc.Unsafe.writebackMemory, that is, JEP 352. */
const OLDEST = 14;
const REMEDY = 'apt-get install openjdk-17-jdk-headless (or set JAVA_HOME)';

/** What MappedByteBuffer.force calls for a file on DAX, and the address of such a Buffer, are not for everybody. */
const EXPORTS = ['jdk.internal.misc', 'sun.nio.ch'].map((name) => `--add-exports=java.base/${name}=ALL-UNNAMED`);

function java(): string {
  const home = process.env['JAVA_HOME'];
  return home === undefined || home === '' ? 'java' : path.join(home, 'bin', 'java');
}

/** "17.0.15" of the compiler that comes with the JDK; undefined when there is none: a runtime alone does not start sources. */
export function jdkVersion(): string | undefined {
  const { status, stdout } = spawnSync(java(), ['--list-modules'], { encoding: 'utf8' });
  return status === 0 ? /^jdk\.compiler@(.+)$/m.exec(stdout)?.[1] : undefined;
}

function missingJdk(): string | undefined {
  const version = jdkVersion();
  if (version === undefined) return `no JDK: ${REMEDY}`;
  return Number.parseInt(version, 10) < OLDEST ? `JDK ${version} is older than ${OLDEST}: ${REMEDY}` : undefined;
}

/** A rival in Java, from bench/rivals/java/`source`, compiled by java itself at each start. */
export function javaRival(name: string, source: string, args: (directory: string) => readonly string[]): Trial {
  return {
    name,
    role: 'rival',
    available: missingJdk,
    command: (directory) => [java(), ...EXPORTS, path.join(javaSources, source), ...args(directory)],
  };
}
