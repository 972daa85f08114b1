/** The progress of one phase of mapAsync() or sealAsync(), in bytes. */
export interface Progress {
  /**
   * 'allocate': blocks for `size`. 'seal': the preparation of a seal. 'populate': pages in memory. Each begins at 0
   * again.
   */
  readonly phase: 'allocate' | 'seal' | 'populate';
  /** Bytes that are done in this phase. */
  readonly done: number;
  /** All bytes of this phase. */
  readonly total: number;
}
