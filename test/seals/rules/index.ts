import type { Level } from '../matrix.js';
import { breakableRules } from './breakable.js';
import { honestyRules } from './honesty.js';
import { lifetimeRules } from './lifetime.js';
import { mappingRules } from './mapping.js';
import { refusalRules } from './refusals.js';
import { registrationRules } from './registrations.js';
import { all, kernel, lease, type NotApplicable, type Rule } from './rule.js';

export const rules: readonly Rule[] = [
  ...mappingRules,
  ...refusalRules,
  ...lifetimeRules,
  ...breakableRules,
  ...honestyRules,
  ...registrationRules,
];

const SECOND_OPEN = 'a lease allows no other open of the file, and the operation wants a descriptor of it';

function because(why: string, levels: readonly Level[], ...numbers: number[]): NotApplicable[] {
  return numbers.map((rule) => ({ rule, levels, why }));
}

/** Rules without a test at a level. */
export const notApplicable: readonly NotApplicable[] = [
  ...because('access and flags are checked before a level is chosen', lease, 1, 3, 35),
  ...because(SECOND_OPEN, lease, 10, 11, 13, 14, 17),
  ...because('neither this package nor node:fs exchanges extents', all, 16),
  ...because('two sealers are two opens of the file, beside which there is no lease', lease, 24),
  ...because('it is about the state on the disk: as advisory', lease, 27),
  ...because('it is about the locks, which a lease only adds to: as advisory', lease, 28),
  ...because("a request of another thread or process: the holder's deadline rules, there is none to join", lease, 30),
  ...because('the seal comes with the mapping: test/seals/direct', kernel, 1, 2, 3, 4, 5, 6, 7),
  ...because('under it such extents cannot be made', kernel, 14),
  ...because("policy 'exclusive' is kept in user space", kernel, 20),
  ...because(
    "how long it lasts is the kernel's: test/seals/direct, test/vm/map-direct/check.c",
    kernel,
    22,
    23,
    24,
    25,
    27,
    28,
  ),
  ...because("policy 'breakable' is kept in user space", kernel, 29, 30, 31, 32, 37),
  ...because('other tests try the claims: test/seals/direct, test/unit/seals/map-direct', kernel, 33, 34, 35),
];
