import type { SealState } from '../../lib/index.js';
import type { ModelMapping } from './state.js';

/** The one seal of the file. */
export class ModelSeal {
  /** A program that knows nothing of seals has changed the block map: the watch may have seen it. */
  private isDisturbed = false;
  private isViolated = false;

  constructor(
    readonly owner: ModelMapping,
    /** Of the file. */
    private readonly length: number,
    /** The block map can be read. */
    private readonly isWatched: boolean,
  ) {}

  disturb(): void {
    this.isDisturbed = true;
  }

  /** The page at `offset` of the file is lost. */
  lose(offset: number): void {
    if (offset < this.length) this.isViolated = true;
  }

  /** @returns the states that verify() may report. */
  verify(file: { readonly length: number; readonly hasHoles: boolean }): readonly SealState[] {
    if (this.isWatched && (file.length !== this.length || file.hasHoles)) this.isViolated = true;
    return this.states;
  }

  /** The states that the seal may have. */
  get states(): readonly SealState[] {
    if (this.isViolated) return ['violated'];
    return this.isDisturbed && this.isWatched ? ['held', 'violated'] : ['held'];
  }

  /** The seal has this state, and 'violated' is final. */
  see(state: SealState): void {
    if (state === 'violated') this.isViolated = true;
  }

  /** No other program has changed the block map since the file was sealed. */
  get isIntact(): boolean {
    return !this.isDisturbed;
  }
}
