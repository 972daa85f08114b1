/**
 * 'none': the last reading of the block map is still true. 'running': the owner is changing the map. 'unread': a change
 * has ended, and the map was not read since.
 */
export type OwnerState = 'none' | 'running' | 'unread';

/** The changes of the block map that the owner of an exclusive seal makes by itself. */
export class OwnerChanges {
  private running = 0;
  private isUnread = false;

  /** @param onChange - called at the start and at the end of each change. */
  constructor(private readonly onChange: () => void) {}

  get state(): OwnerState {
    if (this.running > 0) return 'running';
    return this.isUnread ? 'unread' : 'none';
  }

  /** Begins a change. @returns a function that ends it, to be called once. */
  begin(): () => void {
    this.running++;
    this.onChange();
    return () => {
      this.isUnread = true;
      this.running--;
      this.onChange();
    };
  }

  /** The map was read after the last change. */
  markRead(): void {
    this.isUnread = false;
  }
}
