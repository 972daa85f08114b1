import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { attempt, readText } from '../storage/sysfs.js';
import { deviceNames, driverOf, list, portNumbers, transportOf, type Transport } from './rdma-devices.js';

/** An RDMA device as the kernel lists it. No library was asked. */
export interface ListedDevice {
  /** 'rxe0', 'mlx5_0'. */
  readonly name: string;
  /** 'mlx5_core'; 'rxe' is soft RoCE; 'unknown'. */
  readonly driver: string;
  /** The network of its ports. */
  readonly transport: Transport;
  /** Its ports. `number` is counted from 1; `active`: it has a link. */
  readonly ports: readonly { readonly number: number; readonly active: boolean }[];
  /** This process may open it: it has read and write rights on the device file. */
  readonly accessible: boolean;
}

function isAccessible(name: string, sys: string, dev: string): boolean {
  const verbs = join(sys, 'class/infiniband_verbs');
  const file = list(verbs).find((each) => readText(join(verbs, each, 'ibdev')) === name);
  if (file === undefined) return false;
  return attempt(() => (accessSync(join(dev, file), constants.R_OK | constants.W_OK), true)) === true;
}

/** All devices; a test passes other folders. */
export function listDevices(sys = '/sys', dev = '/dev/infiniband'): ListedDevice[] {
  const root = join(sys, 'class/infiniband');
  return deviceNames(root).map((name) => {
    const ports = portNumbers(name, root).map((number) => {
      const state = readText(join(root, name, 'ports', String(number), 'state'));
      return Object.freeze({ number, active: state?.startsWith('4:') === true });
    });
    return Object.freeze({
      name,
      driver: driverOf(name, root),
      transport: transportOf(name, root),
      ports: Object.freeze(ports),
      accessible: isAccessible(name, sys, dev),
    });
  });
}
