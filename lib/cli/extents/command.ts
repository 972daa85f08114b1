import { parseCount, UsageError } from '../arguments.js';
import type { Command } from '../command.js';
import { runExtents } from './run.js';

const DEFAULT_FIRST = 10;

const HELP = `Usage: mapdirect extents FILE [options]

Shows the extents of FILE: a picture, a legend with the amount of each kind,
and a list. It changes nothing, and writes nothing back. It shows no physical
addresses: FIEMAP is not a reliable source for them.

The picture is as wide as COLUMNS says, else as the terminal, else 80 columns.
Only terminals get colours, and only if NO_COLOR is not set.

Options
  --first N     number of extents in the list (default ${DEFAULT_FIRST}; 0: no list)
  --json        print one JSON object instead of text: schema (1), path, size,
                and all extents, as extents() returns them
  -h, --help    print this

Exit codes: 0 done, 1 the file cannot be read, 2 wrong usage.

Examples
  mapdirect extents data.bin
  mapdirect extents data.bin --first 100
  mapdirect extents data.bin --json | jq '.extents[] | select(.flags != [])'
`;

export const extentsCommand: Command = {
  name: 'extents',
  summary: 'a picture of the extents of a file: written, hole, shared, ...',
  help: HELP,
  options: {
    first: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
  run({ values, positionals }, io) {
    const [path] = positionals;
    if (path === undefined) throw new UsageError('No FILE.');
    const { first, json } = values;
    const listed = typeof first === 'string' ? parseCount('--first', first) : DEFAULT_FIRST;
    return runExtents(path, listed, json === true, io);
  },
};
