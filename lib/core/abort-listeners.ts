/** What waits for one signal. */
interface Waiting<Item> {
  readonly items: Set<Item>;
  readonly listener: () => void;
}

/**
 * Items that an AbortSignal takes back, any number for each signal: it gets one listener for all of them. Node warns of a leak when
 * one signal has more than ten, and one signal for many requests is what a signal is for.
 */
export class AbortListeners<Item> {
  private readonly signals = new Map<AbortSignal, Waiting<Item>>();

  /** `aborted` is called for every item of a signal that is aborted, in the order in which they came. */
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

  /** It is not taken back any more. */
  delete(signal: AbortSignal, item: Item): void {
    const waiting = this.signals.get(signal);
    if (waiting === undefined) return;
    waiting.items.delete(item);
    if (waiting.items.size !== 0) return;
    this.signals.delete(signal);
    signal.removeEventListener('abort', waiting.listener);
  }
}
