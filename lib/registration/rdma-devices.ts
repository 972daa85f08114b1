import { readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { environment } from '../core/environment.js';
import { switchedOn } from '../core/switched-on.js';
import { attempt, readText } from '../storage/sysfs.js';

const RXE_ODP = 'MAPDIRECT_RXE_ODP';

/** Where the kernel lists its devices. */
const ROOT = '/sys/class/infiniband';

export type Transport = 'infiniband' | 'roce' | 'iwarp';

/** An entry of the table of a port. */
export interface GidEntry {
  readonly index: number;
  readonly gid: string;
  /** 'IB/RoCE v1' or 'RoCE v2'; undefined: not known. */
  readonly type?: string | undefined;
}

export function list(directory: string): string[] {
  return attempt(() => readdirSync(directory)) ?? [];
}

function numbersIn(directory: string): number[] {
  return list(directory)
    .map(Number)
    .filter(Number.isInteger)
    .sort((a, b) => a - b);
}

/** The names of all devices. */
export function deviceNames(root = ROOT): string[] {
  return list(root).sort();
}

/** The driver: 'mlx5_core'; of soft RoCE 'rxe', which alone has the file `parent`; else 'unknown'. */
export function driverOf(name: string, root = ROOT): string {
  const link = attempt(() => readlinkSync(join(root, name, 'device/driver')));
  if (link !== undefined) return basename(link);
  return readText(join(root, name, 'parent')) === undefined ? 'unknown' : 'rxe';
}

export function transportOf(name: string, root = ROOT): Transport {
  if (readText(join(root, name, 'node_type'))?.startsWith('4:') === true) return 'iwarp';
  const [port = 1] = portNumbers(name, root);
  return readText(join(root, name, 'ports', String(port), 'link_layer')) === 'Ethernet' ? 'roce' : 'infiniband';
}

export function portNumbers(name: string, root = ROOT): number[] {
  return numbersIn(join(root, name, 'ports'));
}

/** The table of GIDs of a port, without its empty entries. */
export function gidsOf(name: string, port: number, root = ROOT): GidEntry[] {
  const directory = join(root, name, 'ports', String(port));
  return numbersIn(join(directory, 'gids')).flatMap((index) => {
    const gid = readText(join(directory, 'gids', String(index)));
    if (gid === undefined || /^[0:]*$/.test(gid)) return [];
    return [{ index, gid, type: readText(join(directory, 'gid_attrs/types', String(index))) }];
  });
}

/**
 * On-demand paging of this driver may be used. Soft RoCE misplaces bytes unless each packet starts at a page boundary
 * (seen on Linux 7.3), so MAPDIRECT_RXE_ODP=1 must ask for it.
 */
export function pagesOnDemand(driver: string, given = environment): boolean {
  return driver !== 'rxe' || switchedOn(RXE_ODP, given);
}
