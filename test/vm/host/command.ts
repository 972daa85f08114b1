// npm run vm -- COMMAND...: runs a command in the guest, for experiments.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Machine } from './machine.js';
import { kernelNamed } from './map-direct-kernel.js';
import { makeNvdimm } from './nvdimm.js';
import { rdmaBoot } from './rdma.js';
import { Missing, requireTools } from './tools.js';

const USAGE = `Usage: npm run vm -- COMMAND...

Runs COMMAND as root in a guest machine with two 512 MiB pieces of persistent memory, one /dev/pmemN for a file
system (mount -o dax=always) and one /dev/daxN.M with 2 MiB align. It sees this very tree under a writable layer:
nothing is written back. Debian's kernel through apt, QEMU without KVM: a run takes some ten seconds.

  VM_KERNEL=6.1   another kernel series (default 6.12); backports: the newest of Debian's; map-direct: one that
                  has MAP_DIRECT, built here
  VM_RDMA=machine soft RoCE (rxe0 on lo) with the libibverbs of this machine, or newer: with one that has RDMA FLUSH
  VM_MEMORY=N     MiB of memory (default 1280)
  VM_SECONDS=N    time limit (default 600)
`;

const LINK = 'rdma link add rxe0 type rxe netdev lo';

function rdmaOf(series: string): ReturnType<typeof rdmaBoot> | undefined {
  const libraries = process.env['VM_RDMA'];
  if (libraries === undefined) return undefined;
  if (libraries !== 'machine' && libraries !== 'newer') throw new Missing('VM_RDMA is machine or newer');
  return rdmaBoot({ series, libraries, memory: [] });
}

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 || args[0] === '--help') {
    process.stdout.write(USAGE);
    return args.length === 0 ? 2 : 0;
  }
  requireTools();
  const kernelSeries = process.env['VM_KERNEL'] ?? '6.12';
  const kernel = kernelNamed(kernelSeries);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'mapdirect-vm-'));
  try {
    const memories = (['fsdax', 'devdax'] as const).map((mode, i) => {
      const file = path.join(scratch, `${i}-${mode}`);
      makeNvdimm(file, { mode, size: 2 ** 29 });
      return { kind: 'nvdimm' as const, path: file };
    });
    const rdma = rdmaOf(kernelSeries);
    const machine = new Machine({
      ...rdma,
      kernel,
      memories,
      scratch,
      command: [...(rdma === undefined ? [] : [LINK]), args.join(' ')].join('\n'),
      seconds: Number(process.env['VM_SECONDS'] ?? 600),
      megabytes: Number(process.env['VM_MEMORY'] ?? 1280),
      onLine: (line) => process.stdout.write(`${line}\n`),
    });
    const end = await machine.ended;
    if ('exit' in end) return end.exit;
    process.stderr.write(`the guest ended without a result (${end.ended}):\n${end.tail.join('\n')}\n`);
    return 1;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Missing ? error.message : String((error as Error).stack)}\n`);
    process.exitCode = error instanceof Missing ? 2 : 1;
  },
);
