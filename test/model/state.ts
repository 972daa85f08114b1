import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Mapping, Pin, Seal, WriterLock } from '../../lib/index.js';
import type { BackendUnderTest } from '../support/backends.js';
import type { ModelFile } from './model-file.js';
import type { ModelMemory } from './model-memory.js';
import type { Place } from './place.js';
import type { Stranger } from './stranger.js';

export type Access = 'read' | 'write' | 'copy';

/** A mapping of the model. */
export interface ModelMapping {
  readonly access: Access;
  readonly offset: number;
  readonly reserve: number;
  readonly memory: ModelMemory;
  pins: number;
  /** It was made shorter: what it had given up may be in use until garbage collection. */
  hasShrunk: boolean;
}

/** All that the model knows. A mapping has the same place in both lists. */
export interface Model {
  readonly backend: BackendUnderTest;
  readonly file: ModelFile;
  readonly mappings: ModelMapping[];
  /** Who has the writer lock. */
  writer: 'nobody' | 'this process' | 'the other program';
}

/** The package, its file and the other program. */
export interface Real {
  readonly path: string;
  readonly place: Place;
  readonly stranger: Stranger;
  readonly mappings: Mapping[];
  readonly pins: Map<Mapping, Pin[]>;
  /** Each loss that an event has told, as in ModelMemory.losses. */
  readonly losses: Map<Mapping, Set<string>>;
  seal: Seal | undefined;
  /** The 'violated' events of the seal. */
  violations: number;
  lock: WriterLock | undefined;
}

/** The code of the error that `call` ends with; undefined: none. */
export async function codeOf(call: () => unknown): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined || code === 'ERR_ASSERTION') throw error;
    return code;
  }
}

/** Compares the bytes and the blocks of the file, and the state of each mapping and of the seal, with the model. */
export function compare(model: Model, real: Real): void {
  assert.deepEqual(readFileSync(real.path), model.file.bytes, 'the bytes of the file');
  assert.equal(real.place.freePages(), model.file.disk.free, 'free pages of the disk');
  model.mappings.forEach(({ memory }, at) => {
    const mapping = real.mappings[at]!;
    assert.equal(mapping.length, memory.length);
    assert.equal(mapping.faulted, memory.isFaulted);
    const losses = real.losses.get(mapping)!;
    memory.loseWith(losses);
    assert.deepEqual(losses, memory.losses, "the 'fault' events");
  });
  compareSeal(model, real);
}

function compareSeal({ file: { seal } }: Model, real: Real): void {
  if (seal === undefined || real.seal === undefined) return;
  const { state } = real.seal;
  assert.ok(seal.states.includes(state), `the seal is ${state}, and not ${seal.states.join(' or ')}`);
  assert.equal(real.violations, state === 'violated' ? 1 : 0, "the 'violated' events");
  seal.see(state);
}

/** Compares bytes of a mapping with the model. */
export function compareBytes({ memory }: ModelMapping, offset: number, bytes: Uint8Array): void {
  bytes.forEach((byte, i) => {
    const right = memory.byte(offset + i);
    if (right !== undefined && byte !== right) assert.fail(`byte ${offset + i} is ${byte}, and not ${right}`);
  });
}
