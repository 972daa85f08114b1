import type { inspect as Inspect, InspectOptionsStylized } from 'node:util';

/** "Name { key: value }" in one line, at any depth of a printed object. */
export function inOneLine(
  name: string,
  info: object | undefined,
  options: InspectOptionsStylized,
  inspect: typeof Inspect,
): string {
  // The prototype of the class has no values to print.
  return info === undefined
    ? name
    : `${name} ${inspect(info, { ...options, breakLength: Infinity, compact: true, depth: 0 })}`;
}
