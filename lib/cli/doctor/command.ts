import type { Command } from '../command.js';
import { guaranteeNames, parseGuarantees } from './require.js';
import { runDoctor } from './run.js';

const HELP = `Usage: mapdirect doctor [PATH] [options]

Shows what a mapping of PATH would be able to do on this machine. For each thing
that is missing it prints the reason, and how to change it. The answers come
from trials on PATH, or on a file without a name in its directory. It changes
nothing, and leaves nothing behind.

PATH              a file, a directory, or a device-dax. Default: the current
                  directory.

Signs: + is there, - is not (most places do without), ? nothing tells,
! should be there and can be mended.

Options
  --require LIST  guarantees that must be met, with commas between them; it can
                  be given several times. An unknown guarantee is not met, and
                  a granularity that the environment forces meets nothing.
                  ${guaranteeNames.slice(0, 7).join(', ')},
                  ${guaranteeNames.slice(7).join(', ')}
  --json          print one JSON object instead of text (schema 1): the
                  versions, "answers" by name (those of probe(), and some
                  more), each with "answer", "reason" and "remedy", then
                  "required" and "ok"
  -h, --help      print this

What is required
  native          the native backend
  page, cache-line, byte
                  the granularity of persist(), or a finer one
  durable         persisted bytes survive a loss of power, as far as the device
                  and the platform keep their word
  dax, map-sync, map-direct, huge-pages, seals, extents, leases, io-uring
                  the answer is not no, and is known
  rdma            an RDMA device that this process can use

Exit codes: 0 done, 1 a required guarantee is not met or PATH cannot be asked,
2 wrong usage, 3 the output cannot be written.

Examples
  mapdirect doctor
  mapdirect doctor /tmp
  mapdirect doctor data.bin --require page
  mapdirect doctor --json > doctor.json
`;

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'what a mapping can do here, and how to get what is missing',
  help: HELP,
  options: {
    require: { type: 'string', list: true },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
  run({ values, positionals }, io) {
    const { require: required, json } = values;
    return runDoctor(
      {
        path: positionals[0] ?? '.',
        required: typeof required === 'string' ? parseGuarantees(required) : [],
        json: json === true,
      },
      io,
    );
  },
};
