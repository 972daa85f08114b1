import { readFileSync } from 'node:fs';
import type { Mapping } from '../../lib/index.js';

/** The entry of /proc/self/smaps for the area in which a mapping starts. */
export interface Area {
  /** "rw-p" */
  readonly access: string;
  /** A line of it, in bytes: 'Rss', 'Anonymous', 'Locked', ... */
  bytes(name: string): number;
}

export function areaOf({ address }: Mapping): Area {
  const start = `${address.toString(16).padStart(8, '0')}-`;
  const text = readFileSync('/proc/self/smaps', 'latin1');
  const from = text.startsWith(start) ? 0 : text.indexOf(`\n${start}`) + 1;
  if (from === 0 && !text.startsWith(start)) throw new Error(`no area starts at ${start}`);
  const [head = '', ...lines] = text.slice(from, text.indexOf('VmFlags', from)).split('\n');
  return {
    access: head.split(' ')[1] ?? '',
    bytes: (name) => Number(lines.find((line) => line.startsWith(`${name}:`))?.replace(/\D/g, '')) * 1024,
  };
}
