import { createHash } from 'node:crypto';

/** A name for the content of a file: equal contents have equal ones. */
export function digestOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
