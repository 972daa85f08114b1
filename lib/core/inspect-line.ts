import type { inspect as Inspect, InspectOptionsStylized } from 'node:util';

/** "Name { key: value }" in one line, wherever it stands: of an object that is printed the user wants to see these few things. */
export function inOneLine(
  name: string,
  info: object | undefined,
  options: InspectOptionsStylized,
  inspect: typeof Inspect,
): string {
  // Of the class's own prototype there is nothing to tell.
  return info === undefined
    ? name
    : `${name} ${inspect(info, { ...options, breakLength: Infinity, compact: true, depth: 0 })}`;
}
