import { readFileSync } from 'node:fs';
import type { Mapping } from '../../lib/index.js';

/** The areas of /proc/self/maps that a mapping lies in, as lines. */
export function areasOf({ address, length }: Mapping): string[] {
  const end = address + BigInt(length);
  return readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .filter((line) => {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line) ?? [];
      return from !== undefined && to !== undefined && BigInt(`0x${from}`) < end && BigInt(`0x${to}`) > address;
    });
}
