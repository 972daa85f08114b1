import type { Registration } from '../../lib/index.js';
import type { Endpoint, RemoteMemory } from '../../lib/rdma/index.js';

type Operation = (endpoint: Endpoint, local: Registration, remote: RemoteMemory) => Promise<unknown>;

/** A call of each operation of an Endpoint, of 8 bytes. It is refused unless the endpoint is connected. */
export const endpointOperations: Readonly<Record<string, Operation>> = {
  write: (endpoint, local, remote) => endpoint.write(local, 0, remote, 0, 8),
  read: (endpoint, local, remote) => endpoint.read(remote, 0, local, 0, 8),
  flush: (endpoint, _local, remote) => endpoint.flush(remote, 0, 8),
  persist: (endpoint, local, remote) => endpoint.persist(local, 0, remote, 0, 8),
  writeAtomic: (endpoint, _local, remote) => endpoint.writeAtomic(remote, 0, 1n),
  compareExchange: (endpoint, _local, remote) => endpoint.compareExchange(remote, 0, 1n, 2n),
  fetchAdd: (endpoint, _local, remote) => endpoint.fetchAdd(remote, 0, 1n),
};

/** The public members of the classes of mapdirect/rdma. */
export const rdmaMembers = {
  Endpoint: [...Object.keys(endpointOperations), 'close', 'connect', 'local', 'state'],
  RemoteMemory: ['access', 'length', 'persistence', 'slice', 'toJSON'],
  VerbsDomain: ['close', 'closed', 'device', 'endpoint'],
} as const;
