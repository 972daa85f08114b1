import type { Check } from '../check.js';
import { bundlerChecks } from './bundlers.js';
import { executableChecks } from './executable.js';
import { managerChecks } from './managers.js';
import { runnerChecks } from './runners.js';
import { shapeChecks } from './shape.js';
import { sourceChecks } from './source.js';
import { typeChecks } from './types.js';
import { useChecks } from './use.js';

/** All checks. The longest are first, so that the others run beside them. */
export const checks: readonly Check[] = [
  ...sourceChecks,
  ...useChecks,
  ...managerChecks,
  ...typeChecks,
  ...bundlerChecks,
  ...executableChecks,
  ...runnerChecks,
  ...shapeChecks,
];
