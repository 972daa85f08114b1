import { describe, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';

type Test = typeof test.skip;
type Describe = typeof describe.skip;

/** The skipping form of a function of jest, with the reason at the end of each title. */
function skipping<Skip extends Test | Describe>(skip: Skip, missing: string): Skip {
  const each = (...table: unknown[]): unknown => {
    const define = (skip.each as (...rows: unknown[]) => (title: string, ...rest: unknown[]) => void)(...table);
    // In a title of each() a percent sign starts a format.
    return (title: string, ...rest: unknown[]) => define(`${title} [${missing.replaceAll('%', '%%')}]`, ...rest);
  };
  const define = (title: string, ...rest: unknown[]): void =>
    (skip as (title: string, ...rest: unknown[]) => void)(`${title} [${missing}]`, ...rest);
  return Object.assign(define, skip, { each });
}

/** A need of tests. `test` and `describe` are jest's, or skip with the reason and the remedy in the title. */
export class Requirement {
  readonly test: Test;
  readonly describe: Describe;

  /** @param missing - the reason and the remedy; undefined: the tests can run. */
  constructor(readonly missing: string | undefined) {
    this.test = missing === undefined ? test : skipping(test.skip, missing);
    this.describe = missing === undefined ? describe : skipping(describe.skip, missing);
  }

  /**
   * As `describe`, but `body` is not called where something is missing. One skipped test stands for all of its tests.
   * For a body that cannot define its tests without the need.
   */
  suite(title: string, body: () => void): void {
    if (this.missing === undefined) describe(title, body);
    else this.test(title, () => undefined);
  }

  /** Both needs. The title has the reason of the first one that is missing. */
  and(other: Requirement): Requirement {
    return this.missing === undefined ? other : this;
  }

  andUnless(condition: boolean, reason: string, remedy: string): Requirement {
    return this.and(skipUnless(condition, reason, remedy));
  }
}

/** Tests that run only under a condition. The title of a skipped test ends with "[reason: remedy]". */
export function skipUnless(condition: boolean, reason: string, remedy: string): Requirement {
  return new Requirement(condition ? undefined : `${reason}: ${remedy}`);
}

/** As {@link skipUnless}, for a check that has found its reason and remedy already. */
export function skipFor(missing: string | undefined): Requirement {
  return new Requirement(missing);
}

export const linux = skipUnless(process.platform === 'linux', 'only Linux has this', 'run the tests on Linux');

/** For tests that need two users, mounts or limits. */
export function root(purpose: string): Requirement {
  return skipUnless(process.getuid?.() === 0, `${purpose} needs root`, 'run the tests as root');
}

export const NODE_MAJOR = Number(process.versions.node.split('.')[0]);

export function nodeAtLeast(major: number, feature: string): Requirement {
  return skipUnless(NODE_MAJOR >= major, `Node ${NODE_MAJOR} has no ${feature}`, `run the tests on Node >= ${major}`);
}

export const prlimit = skipUnless(
  spawnSync('prlimit', ['--version']).status === 0,
  'prlimit(1) is missing',
  'apt-get install util-linux',
);
