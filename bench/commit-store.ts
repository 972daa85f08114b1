/** A store of values that commits many of them at once, durably. */
export interface CommitStore {
  /** Replaces the values with these keys. On return they are durable, all of them or none. */
  commit(keys: readonly number[], value: Buffer): void | Promise<void>;
  read(key: number): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  close(): void | Promise<void>;
}
