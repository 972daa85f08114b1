/** The progress of one phase of mapAsync() or sealAsync(), in bytes. */
export interface Progress {
  readonly phase: 'allocate' | 'seal' | 'populate';
  readonly done: number;
  readonly total: number;
}
