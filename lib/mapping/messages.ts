import type { Fault } from '../backend/region.js';
import type { Access } from '../core/access.js';
import { channels, type ErrorMessage } from '../core/channels.js';
import type { FaultReason } from '../core/errors.js';
import type { Durability } from '../durability/durability.js';
import type { PersistMessage } from '../durability/page-flush.js';
import type { BreakMessage, SealMessage } from '../seals/messages.js';

/** The message of the channel `mapdirect:map`: a mapping was made. */
export interface MapMessage {
  /** The path as map() got it. */
  readonly path: string | undefined;
  /** Bytes, in the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** The access that was asked for. */
  readonly access: Access;
  /** The guarantee of persist() on this mapping. */
  readonly durability: Durability;
}

/** The message of the channel `mapdirect:close`: a mapping has ended. */
export interface CloseMessage {
  /** The path as map() got it. */
  readonly path: string | undefined;
  /** Bytes, in the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** The access that was asked for. */
  readonly access: Access;
  /** It was dropped without close(), and garbage collection has unmapped it. */
  readonly leaked: boolean;
}

/** The message of the channel `mapdirect:fault`: a range has no file behind it any more. */
export interface FaultMessage {
  /** The path as map() got it. */
  readonly path: string | undefined;
  /** Bytes from the start of the mapping. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** The cause, as in the event of the mapping. */
  readonly reason: FaultReason;
}

/** The channels of node:diagnostics_channel to which this package publishes, and the message of each. */
export interface ChannelMessages {
  /** A mapping was made. */
  'mapdirect:map': MapMessage;
  /** A mapping has ended. */
  'mapdirect:close': CloseMessage;
  /** A flush has ended, with its duration. */
  'mapdirect:persist': PersistMessage;
  /** A file was sealed. */
  'mapdirect:seal': SealMessage;
  /** An event of a seal that is held. */
  'mapdirect:break': BreakMessage;
  /** A part of a mapping is lost. */
  'mapdirect:fault': FaultMessage;
  /** An error of this package. */
  'mapdirect:error': ErrorMessage;
}

/** The facts of a mapping that a message has. */
interface Subject {
  readonly path: string | undefined;
  readonly access: Access;
  readonly region: { readonly offset: number; readonly length: number };
}

export function publishMap({ path, access, region: { offset, length } }: Subject, durability: Durability): void {
  if (!channels.map.hasSubscribers) return;
  channels.map.publish({ path, offset, length, access, durability } satisfies MapMessage);
}

export function publishClose({ path, access, region: { offset, length } }: Subject, leaked: boolean): void {
  if (!channels.close.hasSubscribers) return;
  channels.close.publish({ path, offset, length, access, leaked } satisfies CloseMessage);
}

export function publishFault(path: string | undefined, { offset, length, reason }: Fault): void {
  if (!channels.fault.hasSubscribers) return;
  channels.fault.publish({ path, offset, length, reason } satisfies FaultMessage);
}
