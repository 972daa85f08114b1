/** The items of one signal. */
interface Waiting<Item> {
  readonly items: Set<Item>;
  readonly listener: () => void;
}

/**
 * Items that an AbortSignal cancels. A signal has one listener for all of its items: Node warns of a leak when a signal
 * has more than ten listeners, and one signal for many requests is normal.
 */
export class AbortListeners<Item> {
  private readonly signals = new WeakMap<AbortSignal, Waiting<Item>>();

  /** @param aborted - called for each item of an aborted signal, in the order of add(). */
  constructor(private readonly aborted: (item: Item, reason: unknown) => void) {}

  add(signal: AbortSignal, item: Item): void {
    (this.signals.get(signal) ?? this.listen(signal)).items.add(item);
  }

  private listen(signal: AbortSignal): Waiting<Item> {
    const items = new Set<Item>();
    const listener = (): void => {
      this.signals.delete(signal);
      for (const item of items) this.aborted(item, signal.reason);
    };
    const waiting = { items, listener };
    this.signals.set(signal, waiting);
    signal.addEventListener('abort', listener, { once: true });
    return waiting;
  }

  /** The signal does not cancel the item any more. */
  delete(signal: AbortSignal, item: Item): void {
    const waiting = this.signals.get(signal);
    if (waiting === undefined) return;
    waiting.items.delete(item);
    if (waiting.items.size !== 0) return;
    this.signals.delete(signal);
    signal.removeEventListener('abort', waiting.listener);
  }
}
