import fs from 'node:fs';
import path from 'node:path';
import { places } from '../layout.js';
import { Machine, type MachineEnd, type MachineOptions, type Memory } from './machine.js';
import { makeNvdimm } from './nvdimm.js';
import { ROOT } from '../../support/paths.js';

/** The memory of every place of the matrix, in files of `directory`. */
export function makeMemories(directory: string, names?: readonly string[]): Memory[] {
  return places
    .filter(({ name, memory }) => memory !== 'none' && (names?.includes(name) ?? true))
    .map(({ name, memory, size, align }) => {
      const file = path.join(directory, name);
      if (!fs.existsSync(file))
        makeNvdimm(file, {
          mode: memory === 'fsdax' || memory === 'devdax' ? memory : 'raw',
          size,
          ...(align === undefined ? {} : { align }),
        });
      return { kind: memory === 'virtio-pmem' ? 'virtio-pmem' : 'nvdimm', path: file };
    });
}

/** One test that ran in the guest. */
export interface GuestTest {
  readonly status: 'passed' | 'failed' | 'pending';
  readonly name: string;
}

/** The results of a boot. */
export interface Boot {
  readonly tests: GuestTest[];
  readonly rows: Record<string, string | boolean>[];
  readonly end: MachineEnd;
}

export type BootOptions = Pick<
  MachineOptions,
  | 'kernel'
  | 'memories'
  | 'scratch'
  | 'seconds'
  | 'cpu'
  | 'persistence'
  | 'environment'
  | 'modules'
  | 'layer'
  | 'network'
> & {
  /** Node scripts of test/vm/guest with their arguments, one after the other. */
  readonly scripts: readonly (readonly string[])[];
  readonly onLine?: (line: string, machine: Machine) => void;
  /** Each machine, as soon as it runs. */
  readonly onStart?: (machine: Machine) => void;
};

const TEST = /^vm-test: (passed|failed|pending) (.*)$/;

function shell({ scripts }: BootOptions): string {
  const guest = path.join(ROOT, 'dist/test/vm/guest');
  return scripts
    .map(
      ([script = '', ...args]) =>
        `'${process.execPath}' '${path.join(guest, script)}.js' ${args.map((arg) => `'${arg}'`).join(' ')}`,
    )
    .join('\n');
}

async function bootOnce(options: BootOptions): Promise<Boot> {
  const tests: GuestTest[] = [];
  const rows: Record<string, string | boolean>[] = [];
  const machine: Machine = new Machine({
    ...options,
    command: shell(options),
    onLine: (line) => {
      const found = TEST.exec(line);
      if (found !== null) tests.push({ status: found[1] as GuestTest['status'], name: found[2] ?? '' });
      else if (line.startsWith('vm-row: '))
        rows.push(JSON.parse(line.slice('vm-row: '.length)) as Record<string, string | boolean>);
      else if (line.startsWith('vm-note: ')) process.stderr.write(`${line.slice('vm-note: '.length)}\n`);
      options.onLine?.(line, machine);
    },
  });
  options.onStart?.(machine);
  return { tests, rows, end: await machine.ended };
}

/**
 * QEMU without KVM now and then trips over the kernel patching its own code at boot: then nothing of ours has run yet.
 */
const ATTEMPTS = 3;

/** Boots the guest, runs the scripts there and reads their output. */
export async function boot(options: BootOptions): Promise<Boot> {
  for (let attempt = 1; ; attempt++) {
    const result = await bootOnce(options);
    if (!('ended' in result.end) || result.end.ended !== 'never up' || attempt === ATTEMPTS) return result;
    process.stderr.write(
      `the emulated kernel did not come up (attempt ${attempt} of ${ATTEMPTS}): ${result.end.tail.at(-1) ?? 'without a word'}\n`,
    );
  }
}
