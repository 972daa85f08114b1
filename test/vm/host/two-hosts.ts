import fs from 'node:fs';
import path from 'node:path';
import { boot, makeMemories, type Boot } from './guest.js';
import type { Kernel } from './kernel.js';
import type { Machine } from './machine.js';
import { rdmaBoot, type Rdma } from './rdma.js';

export interface TwoHostsOptions {
  readonly kernel: Kernel;
  /** Each host has these places for itself, and keeps their bytes from boot to boot. */
  readonly rdma: Rdma;
  /** A directory for the files of this run. */
  readonly scratch: string;
  /** Of one boot. */
  readonly seconds: number;
}

type Listener = (line: string) => void;

/** One of two guests that are neighbours on an Ethernet. It can be killed and booted again. */
export class Host {
  readonly address: string;
  private readonly directory: string;
  private machine: Machine | undefined;
  private readonly listeners = new Set<Listener>();

  constructor(
    private readonly number: 0 | 1,
    private readonly options: TwoHostsOptions,
  ) {
    this.address = `10.0.0.${number + 1}`;
    this.directory = path.join(options.scratch, `host-${number}`);
    fs.mkdirSync(this.directory, { recursive: true });
  }

  private socket(number: number): string {
    return path.join(this.options.scratch, `ethernet-${number}`);
  }

  /** Datagrams between sockets of this directory: no port of this machine, and either side can go and come back. */
  private network(): string[] {
    const { number } = this;
    return [
      '-netdev',
      `dgram,id=n0,local.type=unix,local.path=${this.socket(number)},remote.type=unix,remote.path=${this.socket(1 - number)}`,
      '-device',
      `virtio-net-pci,netdev=n0,mac=52:54:00:00:00:0${number + 1}`,
    ];
  }

  /** Boots this host with soft RoCE on its network card, and runs the scripts. The promise is of the end. */
  boot(scripts: readonly (readonly string[])[]): Promise<Boot> {
    const { kernel, rdma, seconds } = this.options;
    return boot({
      ...rdmaBoot(rdma),
      kernel,
      memories: makeMemories(this.directory, rdma.memory),
      scratch: this.directory,
      seconds,
      network: this.network(),
      scripts: [['rdma-link', 'eth0', this.address], ...scripts],
      onStart: (machine) => (this.machine = machine),
      onLine: (line) => {
        for (const listener of [...this.listeners]) listener(line);
      },
    });
  }

  /** Tells `found` of each line of its console that matches, in this boot and later ones. @returns Ends that. */
  listen(pattern: RegExp, found: (match: RegExpExecArray) => void): () => void {
    const listener: Listener = (line) => {
      const match = pattern.exec(line);
      if (match !== null) found(match);
    };
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** The next line of its console that matches, in this boot or a later one. */
  heard(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve) => {
      const stop = this.listen(pattern, (match) => {
        stop();
        resolve(match);
      });
    });
  }

  /** Takes its power away. */
  kill(): void {
    this.machine?.kill();
  }
}

/** Two hosts that are off. */
export function twoHosts(options: TwoHostsOptions): [Host, Host] {
  return [new Host(0, options), new Host(1, options)];
}
