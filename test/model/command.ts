import fc from 'fast-check';
import { constants, type Mapping } from '../../lib/index.js';
import type { Part } from './model-memory.js';
import { compare, type Model, type ModelMapping, type Real } from './state.js';

const { PAGE_SIZE } = constants;
export const MOST_PAGES = 6;
export const MOST_MAPPINGS = 4;

export type ModelCommand = fc.AsyncCommand<Model, Real>;

/** What a command does to both. The model decides about the code of the error; undefined: the call succeeds. */
export type Act = (model: Model, real: Real) => Promise<void>;

class Command implements ModelCommand {
  constructor(
    private readonly text: string,
    private readonly act: Act,
    private readonly needsMapping: boolean,
  ) {}

  check({ mappings }: Readonly<Model>): boolean {
    return !this.needsMapping || mappings.length > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    compare(model, real);
  }

  toString(): string {
    return this.text;
  }
}

/** A command on the file. */
export function command(text: string, act: Act): ModelCommand {
  return new Command(text, act, false);
}

/** A mapping, in the model and in truth, and a part of it. */
export interface Chosen extends Part {
  readonly model: Model;
  readonly real: Real;
  readonly known: ModelMapping;
  readonly mapping: Mapping;
  readonly byte: number;
}

export const offsets = fc.oneof(
  fc.constantFrom(0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE),
  fc.nat({ max: MOST_PAGES * PAGE_SIZE }),
);
export const lengths = fc.oneof(
  fc.constantFrom(0, 1, 8, 64, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE),
  fc.nat({ max: 300 }),
);
export const bytes = fc.nat({ max: 255 });

/** A command on one of the mappings. */
export function on(name: string, act: (chosen: Chosen) => Promise<void> | void): fc.Arbitrary<ModelCommand> {
  return fc.tuple(fc.nat({ max: MOST_MAPPINGS - 1 }), offsets, lengths, bytes).map(([which, offset, length, byte]) => {
    const text = `${name}(mapping ${which}, ${offset}, ${length}, ${byte})`;
    const run: Act = async (model, real) => {
      const at = which % model.mappings.length;
      await act({ model, real, known: model.mappings[at]!, mapping: real.mappings[at]!, offset, length, byte });
    };
    return new Command(text, run, true);
  });
}

/** The error of a wrong range. */
export function rangeCode({ known: { memory }, offset, length }: Chosen): string | undefined {
  return offset <= memory.length && length <= memory.length - offset ? undefined : 'ERR_OUT_OF_RANGE';
}
