/** Holds a mapping open for a native user that works on its memory. See Mapping.pin(). */
export class Pin implements Disposable {
  private released = false;

  /** @internal */
  constructor(private readonly unpin: () => void) {}

  /** Lets go. Calling it again does nothing. */
  release(): void {
    if (this.released) return;
    this.released = true;
    this.unpin();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
