export const FAULT = 'ERR_MAPPING_FAULT';

/** A part of a mapping, in bytes. */
export interface Part {
  readonly offset: number;
  readonly length: number;
}

/** The memory of one mapping. Offsets count from its start. */
export interface ModelMemory {
  length: number;
  /** The byte at `at`; undefined: any value is right. */
  byte(at: number): number | undefined;
  /** The model does not know which pages such an access would lose: some of them find a block, and others do not. */
  isUnsure(part: Part, access: 'read' | 'write'): boolean;
  /** An access to these bytes. */
  touch(part: Part, access: 'read' | 'write'): void;
  store(offset: number, bytes: Uint8Array): void;
  /** @returns the code of the error of a flush. */
  persist(part: Part): string | undefined;
  /** drain(). @returns the code of the error. */
  drain(): string | undefined;
  /** Some of these bytes are lost. */
  isLost(part: Part): boolean;
  /** resize(), after the file was made long enough. @returns the code of the error. */
  resize(length: number): string | undefined;
  /** remap(). @returns the code of the error; 'unsure': the model does not know it. */
  remap(): string | undefined;
  /** The file has become shorter. */
  onTruncated(): void;
  /** @returns the code of the error. */
  close(): string | undefined;
  readonly isFaulted: boolean;
  /** Each loss since the mapping was made: 'reason page'. */
  readonly losses: ReadonlySet<string>;
  /** Takes over the losses that a full disk may, but need not, bring: more of a hole that several stores have found. */
  loseWith(losses: ReadonlySet<string>): void;
}
