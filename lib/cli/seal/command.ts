import type { Enforcement, SealPolicy } from '../../index.js';
import { oneOf, parseCount, UsageError } from '../arguments.js';
import type { Command } from '../command.js';
import { runSeal } from './run.js';

const POLICIES: readonly SealPolicy[] = ['refuse', 'exclusive', 'breakable'];
const LEVELS: readonly Enforcement[] = ['kernel', 'lease', 'advisory'];

const HELP = `Usage: mapdirect seal FILE [options]

Seals FILE until Ctrl-C: the blocks of its bytes may not change. Prints what
was got, and then what happens to it: break requests, the loss of a lease,
blocks that a stranger moved. docs/seals.md says who is held off at which
level, and who is not.

First every byte gets a written block of the file's own; no byte changes.

Options
  --policy P       refuse (default): nobody may change the blocks;
                   exclusive: the only seal there is;
                   breakable: gives way to requests at its deadline
  --enforcement E  the weakest acceptable: kernel, lease, advisory (default).
                   lease: nobody else may have FILE open
  --deadline MS    milliseconds that whoever asks or opens is made to wait
                   (default: /proc/sys/fs/lease-break-time)
  --verify         prepare nothing: what is not ready is an error
  --json           one JSON object a line for each event instead of text
  -h, --help       print this

Exit codes: 0 released by Ctrl-C (SIGINT) or SIGTERM, 1 it could not be had, was
broken, or blocks had moved, 2 wrong usage.

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
  async run({ values, positionals }, io) {
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
