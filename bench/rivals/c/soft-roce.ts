import fs from 'node:fs';
import { rdmaGuest } from '../../../test/vm/rdma-environment.js';
import type { Trial } from '../../benchmark.js';

/** The environment of a trial that needs a device of soft RoCE. */
const guest = rdmaGuest();

const NO_DEVICE = 'there is no device of soft RoCE: npm run bench:rdma';
const NO_DAX = 'there is no device-dax: npm run bench:rdma';

/** The first device-dax of this machine: the persistent memory of the guest. */
export function daxDevice(): string | undefined {
  const name = fs.readdirSync('/dev').find((entry) => entry.startsWith('dax'));
  return name === undefined ? undefined : `/dev/${name}`;
}

/** The trial, if this machine has a device of soft RoCE; and a device-dax, if it needs one. */
export function overRoce(trial: Trial, needsDax = false): Trial {
  const missing =
    (guest === undefined ? NO_DEVICE : undefined) ?? (needsDax && daxDevice() === undefined ? NO_DAX : undefined);
  return missing === undefined ? trial : { ...trial, available: () => missing };
}

/** A rival in C over libibverbs. The host has compiled it for the libraries of this guest. */
export function roceRival(
  name: string,
  program: 'write' | 'register',
  args: (directory: string) => readonly string[],
): Trial {
  return {
    name,
    role: 'rival',
    available: () => undefined,
    command: (directory) => [guest?.[program] ?? program, ...args(directory)],
  };
}
