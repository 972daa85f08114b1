import { setTimeout as pause } from 'node:timers/promises';
import type { Boot } from './guest.js';
import { kernelOf } from './kernel.js';
import { complaint, type Totals } from './report.js';
import { twoHosts, type Host } from './two-hosts.js';

export interface PowerCutOptions {
  /** The server first, then in turn. */
  readonly cuts: number;
  readonly scratch: string;
  readonly totals: Totals;
  readonly say: (line: string) => void;
}

/** Of each host. */
const memory = ['ext4-dax', 'device-dax-4K', 'device-dax-2M'] as const;
const rdma = { series: '6.12', libraries: 'newer', memory } as const;
/** Of one boot, which lasts for two cuts. */
const LONGEST_BOOT = 400;
/** Between two cuts. */
const LEAST = { records: 50, log: 5 } as const;
/** Milliseconds after that, at most: the power goes at any moment of an operation. */
const MOMENT = 500;

/** A host under power. */
class Powered {
  readonly end: Promise<Boot>;

  constructor(
    private readonly host: Host,
    script: readonly string[],
  ) {
    this.end = host.boot([script]);
  }

  /** Its end, which was not asked for. */
  async failure(): Promise<never> {
    throw new Error(complaint(await this.end) ?? `${this.host.address} ended early`);
  }

  cut(): Promise<Boot> {
    this.host.kill();
    return this.end;
  }
}

type Name = 'server' | 'client';

/** Two hosts, and what the client has told of its records. */
class Session {
  private readonly hosts: Readonly<Record<Name, Host>>;
  private readonly powered = new Map<Name, Powered>();
  private readonly boots = { server: 0, client: 0 };
  /** Records of this boot of the server, and all records of the log: the client has acknowledged them. */
  private readonly acknowledged = { records: 0, log: 0 };
  /** How often a cut of the server ended a connection. */
  unreachable = 0;

  constructor(private readonly options: PowerCutOptions) {
    const { scratch, say } = options;
    const [server, client] = twoHosts({ kernel: kernelOf(rdma.series), rdma, scratch, seconds: LONGEST_BOOT });
    this.hosts = { server, client };
    client.listen(/^vm-ack: records (\d+) (\d+)$/, ([, round, sequence]) => {
      if (Number(round) === this.boots.server - 1) this.acknowledged.records = Number(sequence) + 1;
    });
    client.listen(/^vm-ack: log (\d+)$/, ([, number]) => (this.acknowledged.log = Number(number) + 1));
    for (const host of [server, client]) host.listen(/^vm-test: (.*)$/, ([, line]) => say(`  two hosts: ${line}`));
  }

  boot(name: Name): void {
    const { acknowledged, boots, hosts } = this;
    const { records, log } = acknowledged;
    const number = boots[name]++;
    const script =
      name === 'server' ? ['rdma-server', number, records, log] : ['rdma-client', hosts.server.address, number, log];
    if (name === 'server') acknowledged.records = 0;
    this.powered.set(name, new Powered(hosts[name], script.map(String)));
  }

  private orFailure<T>(wanted: Promise<T>): Promise<T> {
    return Promise.race([wanted, ...[...this.powered.values()].map((powered) => powered.failure())]);
  }

  /** Waits until the client has told of some more records of both kinds. */
  appended(): Promise<void> {
    const { acknowledged, hosts } = this;
    const { records, log } = acknowledged;
    return this.orFailure(
      new Promise<void>((resolve) => {
        const stop = hosts.client.listen(/^vm-ack: /, () => {
          if (acknowledged.records < records + LEAST.records || acknowledged.log < log + LEAST.log) return;
          stop();
          resolve();
        });
      }),
    );
  }

  private async off(name: Name): Promise<void> {
    const powered = this.powered.get(name);
    this.powered.delete(name);
    if (powered !== undefined) this.options.totals.add(await powered.cut());
  }

  /** Takes the power from a host at some moment, and gives it back when the other side has heard of it. */
  async cut(name: Name): Promise<void> {
    const { say, totals } = this.options;
    await this.appended();
    await pause(Math.random() * MOMENT);
    const heard = this.hosts.client.heard(/^vm-heard: (.*)$/);
    await this.off(name);
    if (name === 'server') {
      const [, text = ''] = await this.orFailure(heard);
      const isRight = /^(?:ERR_RDMA_UNREACHABLE|no answer)/.test(text);
      if (!text.startsWith('no answer')) this.unreachable++;
      totals.judge(isRight);
      say(`  two hosts: ${isRight ? 'passed' : 'failed'} the power of the server is cut; the client hears ${text}`);
    }
    this.boot(name);
  }

  async end(): Promise<void> {
    for (const name of [...this.powered.keys()]) await this.off(name);
  }
}

/**
 * Two hosts, of which one or the other loses its power: no record that was acknowledged by `endpoint.persist()` is lost
 * or torn, nor one of examples/replicated-log; the client hears of it, and goes on after the next boot.
 *
 * QEMU keeps the memory in a file of this machine: every store is there after its death, flushed or not. So this shows
 * the protocol, the bytes and the order of operations. It cannot show that RDMA FLUSH is needed, and has no control
 * without it.
 */
export async function powerCuts(options: PowerCutOptions): Promise<void> {
  const { cuts, totals, say } = options;
  const started = Date.now();
  const session = new Session(options);
  let wrong: string | undefined;
  try {
    session.boot('server');
    session.boot('client');
    for (let number = 0; number < cuts; number++) await session.cut(number % 2 === 0 ? 'server' : 'client');
    await session.appended();
    if (cuts > 0 && session.unreachable === 0) wrong = 'the client never heard that the server is unreachable';
  } catch (error) {
    wrong = (error as Error).message;
  }
  await session.end();
  totals.judge(wrong === undefined);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  say(`two hosts, ${cuts} power cuts: ${wrong === undefined ? 'reached the end' : `FAILED: ${wrong}`}, ${seconds} s`);
}
