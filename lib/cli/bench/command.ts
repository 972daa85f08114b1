import { parseBytes, parseSeconds } from '../arguments.js';
import type { Command } from '../command.js';
import { runBench } from './run.js';

const SMALLEST = 2 ** 20;
const DEFAULT_SIZE = 64 * 2 ** 20;
// The largest view.
const LARGEST = 2 ** 30;
const DEFAULT_SECONDS = 5;
// Then a sample takes half a second, and Ctrl-C waits for no more than that.
const MOST_SECONDS = 60;

const HELP = `Usage: mapdirect bench [PATH] [options]

Measures mappings beside node:fs on the file system of PATH: random reads, a
scan, durable writes one at a time and 8 in flight, and the first bytes of a
file. The two ways take turns in 7 rounds. It prints the medians as bars, and
the ratio of the two times with its lowest and highest round.

It makes one temporary file, and removes it at the end and on Ctrl-C. It takes
one thread of one process: bench/ in the repository has more rows and rivals.

PATH            a directory, or a file in it. Default: the current directory

Options
  --size BYTES  size of the temporary file: 1M to 1G, units of 1024
                (default 64M)
  --seconds N   time for all samples together, up to ${MOST_SECONDS} (default ${DEFAULT_SECONDS})
  --json        print one JSON object instead of text (schema 1): "rows", each
                with "ours", "other" and "ratio"; times in nanoseconds
  -h, --help    print this

Exit codes: 0 done, 1 the file could not be made or used, 2 wrong usage, 3 the
output cannot be written.

Examples
  mapdirect bench
  mapdirect bench /tmp --size 8M --seconds 1
  mapdirect bench --seconds 1 --json > bench.json
`;

export const benchCommand: Command = {
  name: 'bench',
  summary: 'how fast mappings are here, beside node:fs, as bars',
  help: HELP,
  options: {
    size: { type: 'string' },
    seconds: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
  run({ values, positionals }, io) {
    const { size, seconds, json } = values;
    return runBench(
      {
        path: positionals[0] ?? '.',
        size: typeof size === 'string' ? parseBytes('--size', size, SMALLEST, LARGEST) : DEFAULT_SIZE,
        seconds: typeof seconds === 'string' ? parseSeconds('--seconds', seconds, MOST_SECONDS) : DEFAULT_SECONDS,
        json: json === true,
      },
      io,
    );
  },
};
