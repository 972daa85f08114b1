/// <reference types="node" preserve="true" />
/**
 * Memory of other machines: {@link VerbsDomain} registers memory, and an {@link Endpoint} writes and reads it.
 * docs/rdma.md has the whole way.
 *
 * @packageDocumentation
 */
export type { RdmaAccess } from './access.js';
export type { RdmaVerb } from './device-facts.js';
export { rdma, type RdmaDevice, type RdmaPort } from './devices.js';
export { VerbsDomain, type DomainEvents, type DomainOptions } from './domain.js';
export { Endpoint, type EndpointEvents, type EndpointState, type OperationOptions } from './endpoint.js';
export type { EndpointOptions } from './endpoint-options.js';
export { RdmaError, type RdmaErrorCode } from './errors.js';
export { RemoteMemory, type RemoteMemorySummary } from './remote-memory.js';
