import * as fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../support/random.js';
import { Child, type Failures } from './child.js';
import { Control } from './control.js';
import { Ledger } from './ledger.js';
import { fill, places, type Place } from './place.js';
import { FILE_LENGTH } from './records.js';
import { trends, type Sample, type Trend } from './samples.js';

/** Milliseconds in which every writer must acknowledge a record. */
const PATIENCE = 60_000;

export interface MixedOptions {
  readonly home: string;
  readonly seconds: number;
  readonly seed: number;
  /** Whether files are truncated. A process without the fault guard dies of it. */
  readonly truncates: boolean;
  /** Gets the figures once a minute. */
  readonly onMinute: (figures: MixedFigures) => void;
}

export interface MixedFigures {
  readonly places: readonly string[];
  readonly kills: number;
  readonly truncations: number;
  readonly fills: number;
  readonly powerCuts: number;
  readonly acknowledged: number;
  readonly checked: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Of each process that lived from the beginning to the end. */
  readonly trends: Readonly<Record<string, readonly Trend[]>>;
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
}

interface Kind {
  readonly name: string;
  readonly backend: 'native' | 'emulated';
  /** Lives from the beginning to the end, and says what it uses. */
  readonly isVeteran: boolean;
}

const KINDS: readonly Kind[] = [
  { name: 'veteran', backend: 'native', isVeteran: true },
  { name: 'victim', backend: 'native', isVeteran: false },
  { name: 'emulated', backend: 'emulated', isVeteran: false },
];

/** An empty data file that a power cut leaves as it is. */
function makeDurable(dir: string, path: string): void {
  fs.writeFileSync(path, Buffer.alloc(FILE_LENGTH));
  for (const each of [path, dir]) {
    const fd = fs.openSync(each, 'r');
    fs.fsyncSync(fd);
    fs.closeSync(fd);
  }
}

/** A data file, and the processes that write it, one after the other. */
class Lane {
  readonly path: string;
  readonly ledger: Ledger;
  readonly samples: Sample[] = [];
  child: Child;
  private heard = { count: 0, at: Date.now() };

  constructor(
    readonly kind: Kind,
    readonly place: Place,
    readonly file: number,
    private readonly soak: Mixed,
  ) {
    this.path = join(place.dir, `data-${file}`);
    makeDurable(place.dir, this.path);
    this.ledger = new Ledger(this.path, file);
    this.child = this.start();
  }

  get name(): string {
    return `${this.kind.name} on ${this.place.name}`;
  }

  start(): Child {
    const { options, random, failures } = this.soak;
    const task = {
      control: this.soak.controlPath,
      dir: this.place.dir,
      path: this.path,
      lost: join(options.home, `lost-${this.file}`),
      file: this.file,
      next: this.ledger.next,
      seed: random.below(2 ** 31),
      sampleEvery: this.kind.isVeteran ? Math.min(10_000, options.seconds * 25) : 0,
    };
    this.child = new Child(task, this.kind.backend, this.ledger, failures, this.samples);
    return this.child;
  }

  /**
   * Takes a part of the file away, and gives it back a little later, without the content. The new epoch begins after
   * both: meanwhile the page of the end takes stores behind the end, which the file system drops.
   */
  async truncate(): Promise<void> {
    const { control, random } = this.soak;
    const length = random.below(FILE_LENGTH);
    control.nextEpoch(this.file);
    fs.truncateSync(this.path, length);
    await delay(random.below(100));
    fs.truncateSync(this.path, FILE_LENGTH);
    this.ledger.lose(length, control.nextEpoch(this.file));
  }

  /** @throws an error if the process has ended, has complained, or makes no progress. */
  checkProgress(): void {
    if (this.child.problem !== undefined) throw new Error(`${this.name}: ${this.child.problem}`);
    const count = this.ledger.acknowledged;
    if (count > this.heard.count) this.heard = { count, at: Date.now() };
    if (Date.now() > this.heard.at + PATIENCE) throw new Error(`${this.name}: no record was durable for a minute`);
  }
}

/** Writers on small file systems, while files are cut, disks fill, processes are killed and the power fails. */
export class Mixed {
  readonly random: Random;
  readonly failures: Failures = new Map();
  readonly controlPath: string;
  readonly control: Control;
  private readonly places: Place[];
  private readonly lanes: Lane[];
  private readonly counts = { kills: 0, truncations: 0, fills: 0, powerCuts: 0 };

  constructor(
    readonly options: MixedOptions,
    explain: (reason: string) => void,
  ) {
    this.random = new Random(options.seed);
    this.places = places(options.home, explain);
    const pairs = this.places.flatMap((place) => KINDS.map((kind) => ({ place, kind })));
    this.controlPath = join(options.home, 'control');
    this.control = new Control(this.controlPath, pairs.length);
    this.lanes = pairs.map(({ place, kind }, file) => new Lane(kind, place, file, this));
  }

  async run(): Promise<MixedFigures> {
    try {
      await this.disturb();
      this.control.stop();
      await Promise.all(this.lanes.map(({ child }) => child.finish()));
    } finally {
      await Promise.all(this.lanes.map(({ child }) => child.abandon()));
    }
    for (const { ledger } of this.lanes) ledger.check();
    return this.figures();
  }

  private async disturb(): Promise<void> {
    let minute = Date.now();
    for (const end = Date.now() + this.options.seconds * 1000; Date.now() < end;) {
      await delay(50 + this.random.below(200));
      await this.random
        .of([this.kill, this.kill, this.kill, this.truncate, this.truncate, this.fill, this.cut])
        .call(this);
      for (const lane of this.lanes) lane.checkProgress();
      if (Date.now() < minute + 60_000) continue;
      minute = Date.now();
      this.options.onMinute(this.figures());
    }
  }

  private async kill(): Promise<void> {
    const lane = this.random.of(this.lanes.filter(({ kind }) => !kind.isVeteran));
    await lane.child.kill();
    lane.ledger.check();
    lane.start();
    this.counts.kills++;
  }

  private async truncate(): Promise<void> {
    if (!this.options.truncates) return;
    await this.random.of(this.lanes.filter(({ kind }) => kind.backend === 'native')).truncate();
    this.counts.truncations++;
  }

  private async fill(): Promise<void> {
    const place = this.random.of(this.places);
    if (!place.isSmall) return;
    const free = fill(place);
    await delay(this.random.below(300));
    free();
    this.counts.fills++;
  }

  /** Veterans close everything, the others are killed, and what was not durable is gone. Rare: it stops everything. */
  private async cut(): Promise<void> {
    const place = this.random.of(this.places);
    if (place.cut === undefined || this.random.below(4) !== 0) return;
    await this.pause();
    const lanes = this.lanes.filter((lane) => lane.place === place);
    const victims = lanes.filter(({ kind }) => !kind.isVeteran);
    for (const { child } of victims) await child.kill();
    place.cut();
    for (const { ledger } of lanes) ledger.check();
    this.control.run();
    for (const lane of victims) lane.start();
    this.counts.powerCuts++;
  }

  private async pause(): Promise<void> {
    const veterans = this.lanes.filter(({ kind }) => kind.isVeteran);
    const number = this.counts.powerCuts;
    this.control.startPause(number);
    for (const end = Date.now() + PATIENCE; !veterans.every(({ child }) => child.hasPaused(number)); await delay(5)) {
      for (const lane of veterans) lane.checkProgress();
      if (Date.now() > end) throw new Error('a writer does not pause');
    }
  }

  private figures(): MixedFigures {
    const sum = (name: 'acknowledged' | 'checked'): number =>
      this.lanes.reduce((total, { ledger }) => total + ledger[name], 0);
    const veterans = this.lanes.filter(({ kind }) => kind.isVeteran);
    return {
      places: this.places.map(({ name }) => name),
      ...this.counts,
      acknowledged: sum('acknowledged'),
      checked: sum('checked'),
      failures: Object.fromEntries(this.failures),
      trends: Object.fromEntries(veterans.map(({ name, samples }) => [name, trends(samples)])),
      samples: Object.fromEntries(veterans.map(({ name, samples }) => [name, samples])),
    };
  }
}
