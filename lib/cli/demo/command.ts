import { parseBytes, parseSeconds } from '../arguments.js';
import type { Command } from '../command.js';
import { runDemo } from './run.js';
import { SMALLEST_FILE } from './records.js';

const DEFAULT_SIZE = 64 * 2 ** 20;
// The largest view, and the largest synchronous allocation.
const LARGEST_SIZE = 2 ** 30;
const DEFAULT_SECONDS = 2;
const MOST_SECONDS = 86_400;

const HELP = `Usage: mapdirect demo [PATH] [options]

Shows the durability that a mapped file has at PATH, and the reasons why it is
not better. Then a child process appends records with checksums. It persists
each record before it acknowledges the record. The demo kills the child with
SIGKILL, and checks that every acknowledged record is in the file. It does not
test a loss of power.

PATH            a file to make, or a directory to make one in. A file that
                exists is changed only if an earlier demo made it.
                Default: a file in the directory for temporary files.

Options
  --size BYTES  size of the file: 8K to 1G, units of 1024 (default 64M)
  --seconds N   time from the first record to the kill (default ${DEFAULT_SECONDS})
  --keep        keep a file whose name the demo chose; a file that you named
                is always kept
  --json        print one JSON object instead of text (schema 1)
  -h, --help    print this

Exit codes: 0 every acknowledged record is there, 1 a record is missing or the
run failed, 2 wrong usage.

Examples
  mapdirect demo
  mapdirect demo /mnt/pmem/demo --size 256M
  mapdirect demo . --seconds 5 --json
  MAPDIRECT_BACKEND=emulated mapdirect demo
`;

export const demoCommand: Command = {
  name: 'demo',
  summary: 'write records, kill the writer, find every acknowledged record',
  help: HELP,
  options: {
    size: { type: 'string' },
    seconds: { type: 'string' },
    keep: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
  run({ values, positionals }, io) {
    const { size, seconds } = values;
    return runDemo(
      {
        path: positionals[0],
        size: typeof size === 'string' ? parseBytes('--size', size, SMALLEST_FILE, LARGEST_SIZE) : DEFAULT_SIZE,
        seconds: typeof seconds === 'string' ? parseSeconds('--seconds', seconds, MOST_SECONDS) : DEFAULT_SECONDS,
        keep: values['keep'] === true,
        json: values['json'] === true,
      },
      io,
    );
  },
};
