import { EventEmitter } from 'node:events';

type Listener<Argument> = (argument: Argument) => void;

/**
 * on, once and off as EventEmitter has them, and the other names of on and off: once() and on() of node:events take their listeners
 * away by those. The emitter itself comes into being with the first listener: 60,000 mappings must stay cheap.
 */
export class LazyEmitter<Events> {
  private emitter: EventEmitter | undefined;

  /**
   * @param notCloned - what to do instead, for structuredClone() and postMessage(): they refuse an object by the first thing in it that they
   *   cannot clone, and show it. So it stands first.
   */
  constructor(protected readonly notCloned: symbol) {}

  private get listeners(): EventEmitter {
    return (this.emitter ??= new EventEmitter());
  }

  on<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    this.listeners.on(event, listener);
    return this;
  }

  once<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    this.listeners.once(event, listener);
    return this;
  }

  off<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    this.emitter?.off(event, listener);
    return this;
  }

  /** Another name of {@link on}. */
  addListener<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    return this.on(event, listener);
  }

  /** Another name of {@link off}. */
  removeListener<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    return this.off(event, listener);
  }

  /** Never throws into what is under way: an error of a listener is an uncaught exception of its own. */
  protected emit<Name extends keyof Events & string>(event: Name, argument: Events[Name]): void {
    for (const listener of this.emitter?.rawListeners(event) ?? []) {
      try {
        (listener as Listener<Events[Name]>).call(this, argument);
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }
}
