/** A store of a log. */
export interface LoggedStore {
  readonly kind: 'STORE';
  readonly address: number;
  /** As they lie in the memory. */
  readonly bytes: Buffer;
}

/** An operation of a store log of pmemcheck. A marker is the begin or the end of a part of the program. */
export type Operation =
  | LoggedStore
  | { readonly kind: 'FLUSH'; readonly address: number; readonly length: number }
  | { readonly kind: 'FENCE' }
  | { readonly kind: 'REGISTER_FILE'; readonly address: number; readonly length: number }
  | { readonly kind: 'MARKER'; readonly name: string; readonly edge: 'BEGIN' | 'END' };

function operationOf(text: string): Operation {
  const [kind = '', ...fields] = text.split(';');
  switch (kind) {
    case 'STORE': {
      const [address, value = '', size] = fields;
      const bytes = Buffer.from(value.slice(2).padStart(2 * Number(size), '0'), 'hex').reverse();
      return { kind, address: Number(address), bytes };
    }
    case 'FLUSH':
      return { kind, address: Number(fields[0]), length: Number(fields[1]) };
    case 'FENCE':
      return { kind };
    case 'REGISTER_FILE':
      return { kind, address: Number(fields[1]), length: Number(fields[2]) };
  }
  const [name = '', edge] = kind.split('.');
  if (edge !== 'BEGIN' && edge !== 'END') throw new Error(`not an operation of a store log: ${text}`);
  return { kind: 'MARKER', name, edge };
}

/** The operations between START and STOP. */
export function parseStoreLog(log: string): Operation[] {
  const parts = log.split('|');
  if (parts.at(0) !== 'START' || parts.at(-1) !== 'STOP') throw new Error(`not a whole store log: ${log}`);
  return parts.slice(1, -1).map(operationOf);
}
