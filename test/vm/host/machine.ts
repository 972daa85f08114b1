import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { archive, initramfs } from './initramfs.js';
import type { Kernel } from './kernel.js';
import { PATH } from './tools.js';
import { ROOT } from '../../support/paths.js';

/** A piece of memory of the guest, backed by a file that outlives it. */
export interface Memory {
  readonly kind: 'nvdimm' | 'virtio-pmem';
  readonly path: string;
}

export interface MachineOptions {
  readonly kernel: Kernel;
  readonly memories: readonly Memory[];
  /** The power-fail domain of the platform: 'cpu' is eADR. Default 'mem-ctrl'. */
  readonly persistence?: 'cpu' | 'mem-ctrl';
  /** Of `-cpu`: e.g. 'max,clwb=off'. Default 'max'. */
  readonly cpu?: string;
  /** A shell script, run as root in this checkout. */
  readonly command: string;
  /** Variables for it, beside those that every guest has. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly seconds: number;
  /** The memory of the guest beside `memories`, in MiB. Default 1280. */
  readonly megabytes?: number;
  /** Modules of the kernel beside those that every guest has. */
  readonly modules?: readonly string[];
  /** A directory whose files lie over the host's. */
  readonly layer?: string;
  /** A network card, by options of QEMU. */
  readonly network?: readonly string[];
  /** A line of the guest's console. */
  readonly onLine?: (line: string) => void;
  /** A directory for the files of this run. */
  readonly scratch: string;
}

/**
 * How the guest's command ended; 'killed' by us, 'timeout', 'never up': the kernel died before anything of ours ran, or
 * 'broken', with the last lines of the console.
 */
export type MachineEnd =
  | { readonly exit: number }
  | { readonly ended: 'killed' | 'timeout' | 'broken' | 'never up'; readonly tail: readonly string[] };

const MARK = /^mapdirect-vm: (?:exit (\d+)|up|broken.*)$/;
const TAIL = 40;

function memoryArguments(memories: readonly Memory[]): string[] {
  return memories.flatMap(({ kind, path: file }, i) => [
    '-object',
    `memory-backend-file,id=m${i},share=on,mem-path=${file},size=${fs.statSync(file).size},align=2M`,
    '-device',
    kind === 'nvdimm' ? `nvdimm,id=d${i},memdev=m${i}` : `virtio-pmem-pci,id=d${i},memdev=m${i}`,
  ]);
}

/** A directory of this machine in the guest, which cannot change it. */
function shared(directory: string, tag: string): string[] {
  return ['-virtfs', `local,path=${directory},mount_tag=${tag},security_model=none,readonly=on,multidevs=remap`];
}

function qemuArguments(options: MachineOptions, initrd: string): string[] {
  const { kernel, memories, persistence = 'mem-ctrl', cpu = 'max', megabytes = 1280, layer, network = [] } = options;
  return [
    '-accel', 'tcg,thread=multi', '-cpu', cpu, '-smp', '2', '-m', `${megabytes}M,slots=16,maxmem=16G`,
    '-machine', `pc,nvdimm=on,hpet=off,nvdimm-persistence=${persistence}`,
    '-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'stdio',
    '-kernel', kernel.image, '-initrd', initrd,
    '-append', 'console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off random.trust_cpu=on tsc=reliable',
    ...shared('/', 'host'),
    ...(layer === undefined ? [] : shared(layer, 'layer')),
    ...network,
    ...memoryArguments(memories),
  ]; // prettier-ignore
}

function scriptOf({ command, environment = {} }: MachineOptions): string {
  const variables = Object.entries({ NO_COLOR: '1', HOME: '/tmp', PATH, ...environment });
  return `export ${variables.map(([name, value]) => `${name}='${value}'`).join(' ')}; cd '${ROOT}'\n${command}`;
}

/** The kernel unpacks archives that follow each other: the common one, and one with this run's command. */
function initrdOf(options: MachineOptions): string {
  const { kernel, scratch, modules } = options;
  const tree = fs.mkdtempSync(path.join(scratch, 'command-'));
  fs.writeFileSync(path.join(tree, 'command'), scriptOf(options));
  archive(tree, `${tree}.cpio`);
  const initrd = `${tree}.initrd`;
  fs.writeFileSync(
    initrd,
    Buffer.concat([fs.readFileSync(initramfs(kernel, modules)), fs.readFileSync(`${tree}.cpio`)]),
  );
  return initrd;
}

/** A guest machine that runs. */
export class Machine {
  private readonly process: ChildProcess;
  private readonly tail: string[] = [];
  private exit: number | undefined;
  private killed = false;
  private isUp = false;
  private late = false;
  readonly ended: Promise<MachineEnd>;

  constructor(options: MachineOptions) {
    // setpriv: the guest never outlives this process.
    this.process = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', '--', 'qemu-system-x86_64', ...qemuArguments(options, initrdOf(options))],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, PATH },
      },
    );
    const timer = setTimeout(() => {
      this.late = true;
      this.process.kill('SIGKILL');
    }, options.seconds * 1000);
    const { stdout, stderr } = this.process;
    if (stdout !== null)
      createInterface({ input: stdout }).on('line', (line) => this.hear(line.replace(/\r/g, ''), options.onLine));
    if (stderr !== null) createInterface({ input: stderr }).on('line', (line) => this.keep(line));
    const stop = (): void => void this.process.kill('SIGKILL');
    process.once('exit', stop);
    this.ended = new Promise((resolve) => {
      this.process.once('error', (error) => this.keep(error.message));
      this.process.once('close', () => {
        clearTimeout(timer);
        process.removeListener('exit', stop);
        resolve(this.end());
      });
    });
  }

  /** Takes the power away. */
  kill(): void {
    this.killed = true;
    this.process.kill('SIGKILL');
  }

  private keep(line: string): void {
    this.tail.push(line);
    if (this.tail.length > TAIL) this.tail.shift();
  }

  private hear(line: string, onLine: ((line: string) => void) | undefined): void {
    this.keep(line);
    const mark = MARK.exec(line);
    if (mark === null) onLine?.(line);
    else if (mark[1] !== undefined) this.exit = Number(mark[1]);
    else if (line.endsWith(' up')) this.isUp = true;
  }

  private end(): MachineEnd {
    if (this.exit !== undefined) return { exit: this.exit };
    return {
      ended: this.killed ? 'killed' : this.late ? 'timeout' : this.isUp ? 'broken' : 'never up',
      tail: this.tail,
    };
  }
}
