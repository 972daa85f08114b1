import { expect } from '@jest/globals';
import fs from 'node:fs';
import { map, type Mapping, type MapOptions, type Seal, type SealOptions } from '../../../lib/index.js';
import type { Outcome } from '../../support/actor-message.js';
import { actorOf, type Actor, type ActorName } from '../../support/actors.js';
import { watermark } from '../../support/watermark.js';
import type { Level } from '../matrix.js';
import type { Place } from '../../support/file-system-under-test.js';

export const PAGE = 4096;
/** Of the files here, in bytes: whole blocks and a part of one. */
export const LENGTH = 8 * PAGE + 100;

/**
 * One rule, tried by one actor on one file system at one level. This thread is the sealer, unless the title says
 * otherwise.
 */
export class Trial {
  private readonly opened: Mapping[] = [];
  private readonly more: Actor[] = [];
  private readonly taken: Seal[] = [];
  private readonly told: string[] = [];

  constructor(
    readonly place: Place,
    readonly actor: Actor,
    readonly level: Level,
  ) {}

  map(target: string | number, options?: MapOptions): Mapping {
    const mapping = map(target, options);
    this.opened.push(mapping);
    return mapping;
  }

  /** Seals at this level. The file must not be open anywhere. */
  seal(path: string, options: SealOptions = {}): Seal {
    return this.sealed(path, {}, options).seal;
  }

  /** Maps a part, and seals at this level. */
  mapSealed(path: string, part: MapOptions, options: SealOptions = {}): Mapping {
    return this.sealed(path, part, options).mapping;
  }

  private sealed(path: string, part: MapOptions, options: SealOptions): { mapping: Mapping; seal: Seal } {
    const wanted = { enforcement: this.level, ...options };
    const isKernels = this.level === 'kernel';
    const mapping = this.map(path, isKernels ? { ...part, direct: wanted } : part);
    return { mapping, seal: this.take(isKernels ? mapping.seals[0] : mapping.seal(wanted)) };
  }

  sealMapping(mapping: Mapping, options: SealOptions = {}): Seal {
    return this.take(mapping.seal({ enforcement: this.level, ...options }));
  }

  private take(seal: Seal | undefined): Seal {
    if (seal === undefined) throw new Error('the mapping has no seal');
    this.taken.push(seal);
    for (const event of ['broken', 'weakened', 'violated'] as const) seal.on(event, () => this.told.push(event));
    expect([seal.state, seal.enforcement]).toEqual(['held', this.level]);
    return seal;
  }

  /** Actions of this thread. */
  readonly main: Actor['run'] = actorOf('the same thread').run;

  /** Another one like the actor, to be killed. */
  another(): Actor {
    const actor = actorOf(this.actor.name);
    this.more.push(actor);
    return actor;
  }

  /** Closes the sealed mappings of this thread. */
  unseal(): void {
    for (const mapping of this.opened.splice(0)) mapping.close();
    this.taken.length = 0;
  }

  /**
   * The seals are unchanged: there was no event, and no block has moved. A question of another process may have broken
   * a lease for a moment, which is then taken anew.
   */
  async expectHeld(): Promise<void> {
    for (const seal of this.taken) {
      expect([seal.state, seal.verify().moved]).toEqual(['held', []]);
      await eventually(`enforcement '${this.level}' again`, () => seal.enforcement === this.level);
    }
    expect(this.told).toEqual([]);
  }

  async end(): Promise<void> {
    this.unseal();
    await this.actor.run('release');
    await Promise.all(this.more.map((actor) => actor.kill()));
  }

  /** `action` is ETXTBSY while the file is sealed, and changes nothing. After the seal it succeeds. */
  async expectRefusedWhileSealed(path: string, action: () => Promise<Outcome>, options?: SealOptions): Promise<void> {
    const before = fs.readFileSync(path);
    this.seal(path, options);
    expectRefused(await action(), 'ETXTBSY');
    await this.expectHeld();
    this.unseal();
    expect(fs.readFileSync(path).equals(before)).toBe(true);
    expectDone(await action());
  }
}

/** One rule at one or more levels. */
export interface Rule {
  readonly rule: number;
  readonly title: string;
  readonly levels: readonly Level[];
  /** Why it cannot be tried there; undefined: it can. */
  readonly notHere?: (place: Place, actor: ActorName) => string | undefined;
  readonly body: (trial: Trial) => Promise<void>;
}

/** For operations on shared blocks. */
export const noReflink: Rule['notHere'] = ({ reflink, name }) =>
  reflink ? undefined : `files on ${name} share no blocks`;

/** A rule that nothing can be tried of at a level, and why. */
export interface NotApplicable {
  readonly rule: number;
  readonly levels: readonly Level[];
  readonly why: string;
}

export const both: readonly Level[] = ['advisory', 'lease'];
export const advisory: readonly Level[] = ['advisory'];
export const lease: readonly Level[] = ['lease'];
export const kernel: readonly Level[] = ['kernel'];
export const notLease: readonly Level[] = ['advisory', 'kernel'];
export const all: readonly Level[] = ['advisory', 'lease', 'kernel'];

/** @returns the value of the action. */
export function expectDone(outcome: Outcome): unknown {
  expect(outcome.code === undefined ? 'done' : `${outcome.code}: ${outcome.message}`).toBe('done');
  return outcome.value;
}

/** A refusal as a failed system call looks like: code, negative errno, syscall. */
export function expectRefused(outcome: Outcome, code: string): void {
  expect(outcome).toMatchObject({ code, syscall: expect.any(String), errno: expect.any(Number) });
  expect(outcome.errno).toBeLessThan(0);
}

/** The content is the watermark that it was made with, from 0 to `length`. */
export function expectWatermark(path: string, length = LENGTH): void {
  expect(fs.readFileSync(path).equals(watermark(0, length))).toBe(true);
}

/** Turns of the loop until it is so. @throws after 8 s. */
export async function eventually(condition: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 8000; Date.now() < end;) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`not true after 8 s: ${condition}`);
}
