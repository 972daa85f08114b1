import { extents } from '../../index.js';
import { parseCount, UsageError } from '../arguments.js';
import type { Command } from '../command.js';
import { reportExtents } from './report.js';

const DEFAULT_FIRST = 10;

const HELP = `Usage: mapdirect extents FILE [options]

Shows where the bytes of FILE are: a picture of its extents, what each
character stands for and how much there is of it, and a list. It changes
nothing, and writes nothing back. Physical addresses are not shown: FIEMAP is
no way to learn them.

The picture is as wide as the terminal; elsewhere 80 columns, or COLUMNS.
Colours are for terminals only, and never with NO_COLOR set.

Options
  --first N     extents in the list (default ${DEFAULT_FIRST}; 0: no list)
  --json        print one JSON object instead: path, size, and all extents as
                extents() returns them
  -h, --help    print this

Exit codes: 0 done, 1 the file cannot be read, 2 wrong usage.

Examples
  mapdirect extents data.bin
  mapdirect extents data.bin --first 100
  mapdirect extents data.bin --json | jq '.extents[] | select(.flags != [])'
`;

export const extentsCommand: Command = {
  name: 'extents',
  summary: 'a picture of where a file is: written, unwritten, hole, shared',
  help: HELP,
  options: {
    first: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
  async run({ values, positionals }, io) {
    const [path] = positionals;
    if (path === undefined) throw new UsageError('No FILE.');
    const { first } = values;
    const listed = typeof first === 'string' ? parseCount('--first', first) : DEFAULT_FIRST;
    const found = extents(path);
    const last = found.at(-1);
    const size = last === undefined ? 0 : last.offset + last.length;
    if (values['json'] === true) io.stdout.write(`${JSON.stringify({ path, size, extents: found })}\n`);
    else reportExtents(path, found, size, listed, io);
    return 0;
  },
};
