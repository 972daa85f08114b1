import type { Stage } from './stage.js';

/** One thing that must work for a user of the packed package. */
export interface Check {
  /** `group: what works`. `--only` looks for a part of it. */
  readonly name: string;
  /** Throws where it does not work. @throws Skipped */
  readonly run: (stage: Stage) => Promise<void>;
}

/** A check cannot run here. The message has the reason and the remedy. */
export class Skipped extends Error {}

/** Throws with `detail` unless the condition holds. */
export function demand(holds: boolean, detail: string): void {
  if (!holds) throw new Error(detail);
}
