/** The file system under the file, in pages. */
export class ModelDisk {
  /** Pages that the other program has taken. */
  ballast = 0;

  /**
   * @param free - pages; Infinity: more than a run can use.
   * @param readsAllocate - a page of a hole gets its block when a mapping reads it (tmpfs).
   */
  constructor(
    public free: number,
    readonly readsAllocate: boolean,
  ) {}

  /** Takes a page. @returns false: the disk is full. */
  take(): boolean {
    if (this.free === 0) return false;
    this.free--;
    return true;
  }

  fill(): void {
    this.ballast += this.free;
    this.free = 0;
  }

  empty(): void {
    this.free += this.ballast;
    this.ballast = 0;
  }
}
