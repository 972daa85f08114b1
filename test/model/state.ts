import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import type { Mapping, Pin, Seal } from '../../lib/index.js';
import type { BackendUnderTest } from '../support/backends.js';
import type { ModelFile } from './model-file.js';
import type { ModelMemory } from './model-memory.js';

export type Access = 'read' | 'write' | 'copy';

/** A mapping of the model. */
export interface ModelMapping {
  readonly access: Access;
  readonly offset: number;
  readonly memory: ModelMemory;
  pins: number;
}

/** All that the model knows. A mapping has the same place in both lists. */
export interface Model {
  readonly backend: BackendUnderTest;
  readonly file: ModelFile;
  readonly mappings: ModelMapping[];
  /** The mapping that has sealed the file. */
  sealed: ModelMapping | undefined;
}

/** The package and its file. */
export interface Real {
  readonly path: string;
  readonly mappings: Mapping[];
  readonly pins: Map<Mapping, Pin[]>;
  seal: Seal | undefined;
}

/** The code of the error that `call` ends with; undefined: none. */
export async function codeOf(call: () => unknown): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code;
  }
}

/** Compares the bytes of the file, read through another open, with the model. */
export function compareFile(model: Model, real: Real): void {
  assert.deepEqual(readFileSync(real.path), model.file.bytes, 'the bytes of the file');
}

/** Compares bytes of a mapping with the model; reading them may be a fault. */
export function compareView({ memory }: ModelMapping, mapping: Mapping, offset: number, length: number): void {
  memory.touch(offset, length);
  const bytes = Buffer.from(mapping.view(offset, length));
  for (let i = 0; i < length; i++) {
    const right = memory.byte(offset + i);
    if (right !== undefined && bytes[i] !== right) assert.fail(`byte ${offset + i} is ${bytes[i]}, and not ${right}`);
  }
}
