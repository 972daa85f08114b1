import type { Enforcement, SealPolicy } from '../../index.js';
import { oneOf, parseCount, UsageError } from '../arguments.js';
import type { Command } from '../command.js';
import { runSeal } from './run.js';

const POLICIES: readonly SealPolicy[] = ['refuse', 'exclusive', 'breakable'];
const LEVELS: readonly Enforcement[] = ['kernel', 'lease', 'advisory'];

const HELP = `Usage: mapdirect seal FILE [options]

Seals FILE until Ctrl-C: the blocks of its bytes may not change. Prints the seal
that was obtained, and then its events: break requests, the loss of a lease, and
blocks that another program moved. docs/seals.md lists the callers that each
level refuses, and those that it does not.

First every byte gets a written block of the file's own. No byte changes.

Options
  --policy P       refuse (default): the blocks cannot be changed;
                   exclusive: the only seal of the file;
                   breakable: ends at the deadline after a request
  --enforcement E  the weakest acceptable level: kernel, lease, advisory
                   (default). lease: no other process may have FILE open
  --deadline MS    milliseconds from a request, or the open() of another
                   program, to the end of a breakable seal
                   (default: /proc/sys/fs/lease-break-time)
  --verify         prepare nothing: a byte without a written block of the
                   file's own is an error
  --json           print one JSON object per line for each event instead of text
                   (schema 1)
  -h, --help       print this

Exit codes: 0 released by Ctrl-C (SIGINT) or SIGTERM, 1 the file could not be
sealed, the seal was broken, or blocks had moved, 2 wrong usage.

Examples
  mapdirect seal data.bin
  mapdirect seal data.bin --policy breakable --enforcement lease --deadline 5000
  mapdirect seal data.bin --json | jq --unbuffered .event
`;

export const sealCommand: Command = {
  name: 'seal',
  summary: 'keep the blocks of a file where they are until Ctrl-C',
  help: HELP,
  options: {
    policy: { type: 'string' },
    enforcement: { type: 'string' },
    deadline: { type: 'string' },
    verify: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
  run({ values, positionals }, io) {
    const [path] = positionals;
    if (path === undefined) throw new UsageError('No FILE.');
    const { policy, enforcement, deadline } = values;
    const options = {
      policy: typeof policy === 'string' ? oneOf('--policy', policy, POLICIES) : 'refuse',
      enforcement: typeof enforcement === 'string' ? oneOf('--enforcement', enforcement, LEVELS) : 'advisory',
      prepare: values['verify'] === true ? 'verify' : 'allocate',
      ...(typeof deadline === 'string' ? { deadline: parseCount('--deadline', deadline) } : {}),
    } as const;
    return runSeal(path, options, values['json'] === true, io);
  },
};
