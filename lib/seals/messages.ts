import { channels } from '../core/channels.js';
import type { Enforcement, SealPolicy } from './options.js';
import type { SealEvents } from './seal-events.js';

/** The message of the channel `mapdirect:seal`: a file was sealed. */
export interface SealMessage {
  /** The path as map() got it. */
  readonly path: string | undefined;
  /** The policy that was asked for. */
  readonly policy: SealPolicy;
  /** The enforcement that holds at this moment. */
  readonly enforcement: Enforcement;
}

/** The message of the channel `mapdirect:break`: an event of a seal that is held. */
export interface BreakMessage extends SealMessage {
  /** As the events of Seal: a break was requested, the seal gave way, lost its lease, or blocks moved under it. */
  readonly event: 'break' | 'broken' | 'weakened' | 'violated';
  /** Of 'break': milliseconds until the seal gives way. */
  readonly deadline: number | undefined;
}

/** The facts of a seal that a message has. */
type Subject = Readonly<SealMessage>;

export function publishSeal({ path, policy, enforcement }: Subject): void {
  channels.seal.publish({ path, policy, enforcement } satisfies SealMessage);
}

export function publishBreak<Name extends keyof SealEvents>(
  { path, policy, enforcement }: Subject,
  event: Name,
  argument: SealEvents[Name],
): void {
  const deadline = event === 'break' ? (argument as SealEvents['break']).deadline : undefined;
  channels.break.publish({ path, policy, enforcement, event, deadline } satisfies BreakMessage);
}
