/// <reference types="node" preserve="true" />
/**
 * Memory-mapped files: {@link map} maps one, and {@link Mapping} has its bytes and what makes them durable.
 *
 * @packageDocumentation
 */
export { anonymous, type AnonymousOptions } from './anonymous.js';
export { attach } from './attach.js';
export type { Deduped } from './backend/file-operations.js';
export { constants, type Advice } from './core/constants.js';
export type { Durability } from './durability/durability.js';
export type { CodedError, SystemError } from './core/errors.js';
export type { Extent } from './file/extent-map.js';
export type { BadBlock } from './storage/bad-blocks.js';
export type { ExtentFlag } from './storage/extent-flags.js';
export { extents } from './extents.js';
export type { GuardableFs } from './files/patch-fs/patch-fs.js';
export { files, type Files, type PromisedFiles } from './files.js';
export type { Granularity } from './core/granularity.js';
export { map, mapAsync, type AsyncMapOptions } from './map.js';
export type { MappingEvents } from './mapping/mapped-memory.js';
export { Mapping } from './mapping/mapping.js';
export { mmap } from './mmap.js';
export type { Access } from './core/access.js';
export type { MapOptions } from './map/options.js';
export { Pin } from './mapping/pin.js';
export type { WaitOptions } from './mapping/waiting.js';
export type { WaitResult } from './backend/shared-words.js';
export type { MappingInfo } from './mapping/mapping-info.js';
export type { ReadStreamOptions } from './mapping/read-stream.js';
export {
  probe,
  probeSync,
  type Answer,
  type Limit,
  type Limits,
  type Probe,
  type RegistrationAnswers,
} from './probe.js';
export type { ListedDevice } from './registration/listed-devices.js';
export type { RangeList } from './core/range-list.js';
export type { AsyncSealOptions, Enforcement, SealOptions, SealPolicy } from './seals/options.js';
export type { BreakOptions } from './seals/request-break.js';
export { Seal, type SealSummary } from './seals/seal.js';
export type { BreakNotice, SealEvents, SealReport, SealState, Violation } from './seals/seal-events.js';
export type { UnsoundError } from './seals/unsound.js';
export { Registration, type RegistrationSummary } from './registration/registration.js';
export type { RegisterOptions } from './registration/options.js';
export type { RegistrationAccess, RegistrationDomain } from './registration/provider.js';
export type { FenceReason, RegistrationBreakNotice, RegistrationEvents } from './registration/registration-events.js';
export { seals, type SealInfo } from './seals.js';
export type { MappingHandle } from './mapping/handle.js';
export type { Progress } from './core/progress.js';
export { stats, type FlushStats, type Stats, type StatsOptions } from './stats.js';
export type { ChannelMessages, CloseMessage, FaultMessage, MapMessage } from './mapping/messages.js';
export type { BreakMessage, SealMessage } from './seals/messages.js';
export type { ErrorMessage } from './core/channels.js';
export type { PersistMessage } from './durability/page-flush.js';
export type { Target } from './core/target.js';
export { WriterLock, type WriterLockSummary } from './writer-lock.js';
export type { WriterBusyError } from './writer-lock/busy.js';
export type { WriterLockOptions } from './writer-lock/options.js';
