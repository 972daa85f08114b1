import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { LENGTH } from '../../ledger/arena.js';
import { OwnerProcess } from '../../ledger/owner-process.js';
import { Peer, Source } from './ledger-peers.js';
import type { Heard, Told } from './ledger-newcomer.js';

/** Devices that the kernel ends between the lock of the seal and the device of the registration, or the other way. */
const BALLAST = 3;
const BALLAST_LENGTH = 4 * 2 ** 20;
const REPORT_EVERY = 10; // kills

interface Round {
  readonly wasWriting: boolean;
  readonly isViolated: boolean;
  /** Pages. */
  readonly written: number;
}

export interface KillFigures {
  readonly kills: number;
  /** Kills at a moment when the peer wrote. */
  readonly writing: number;
  /** Kills after which a byte of the peer followed the newcomer's. */
  readonly violations: number;
  /** Pages that peers have written. */
  readonly written: number;
}

/**
 * Kills owners of registered memory while a peer writes. A newcomer takes the file as soon as the lock of the seal is
 * gone: no byte of the peer may follow.
 *
 * The kernel ends the descriptors of a dead process from the highest number down. A device that was opened before the
 * file has the lower number, so the addon keeps a duplicate above the lock.
 */
export class KillRounds {
  private readonly source = new Source();
  private readonly newcomer: ChildProcess;

  constructor(
    private readonly path: string,
    /** The device is opened before the seal is taken, or after it. */
    private readonly order: 'before' | 'after',
  ) {
    this.newcomer = fork(join(__dirname, 'ledger-newcomer.js'), [path]);
  }

  /** @param report Gets the figures after each {@link REPORT_EVERY} kills. */
  async run(kills: number, report: (figures: KillFigures) => void = () => undefined): Promise<KillFigures> {
    const figures = { kills: 0, writing: 0, violations: 0, written: 0 };
    let next = this.prepared();
    try {
      await this.told('ready');
      for (; figures.kills < kills; figures.kills++) {
        const owner = await next;
        next = this.prepared(); // it starts meanwhile
        const { wasWriting, isViolated, written } = await this.round(owner);
        if (wasWriting) figures.writing++;
        if (isViolated) figures.violations++;
        figures.written += written;
        if ((figures.kills + 1) % REPORT_EVERY === 0) report({ ...figures, kills: figures.kills + 1 });
      }
    } finally {
      await (await next).killed();
      this.newcomer.kill();
      this.source.close();
    }
    return figures;
  }

  private async told(message: Told['name']): Promise<Told> {
    for (;;) {
      const [told] = (await once(this.newcomer, 'message')) as [Told];
      if (told.name === message) return told;
    }
  }

  private ask(message: Heard, answer: Told['name']): Promise<Told> {
    const told = this.told(answer);
    this.newcomer.send(message);
    return told;
  }

  private async prepared(): Promise<OwnerProcess> {
    const owner = new OwnerProcess('main');
    if (this.order === 'before') {
      await owner.must('openDomain');
      await owner.must('ballast', BALLAST, BALLAST_LENGTH);
    }
    return owner;
  }

  private async round(owner: OwnerProcess): Promise<Round> {
    await owner.must('map', 0, this.path, LENGTH);
    await owner.must('seal', 0, { enforcement: 'advisory' });
    if (this.order === 'after') {
      await owner.must('ballast', BALLAST, BALLAST_LENGTH);
      await owner.must('openDomain');
    }
    const { id, descriptor = '', blob = '' } = await owner.must('registerForPeer', 0, 0, LENGTH);
    const peer = new Peer(this.source, descriptor);
    await owner.must('connect', id, peer.blob);
    peer.start(blob);
    await this.ask('watch', 'watching');
    const taken = this.told('taken');
    const wasWriting = peer.stopped === undefined;
    owner.kill();
    await taken;
    await owner.killed();
    const end = await peer.end();
    peer.close();
    const { foreign } = await this.ask('look', 'seen');
    return { wasWriting, isViolated: end === undefined || foreign > 0, written: peer.count };
  }
}
