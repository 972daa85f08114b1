import { EventEmitter } from 'node:events';

type Listener<Argument> = (argument: Argument) => void;

/**
 * on(), once() and off() of EventEmitter, and addListener() and removeListener(), which once() and on() of node:events
 * call. The emitter is created with the first listener, so that 60,000 mappings stay cheap.
 */
export class LazyEmitter<Events> {
  private emitter: EventEmitter | undefined;

  /**
   * @param notCloned - a symbol whose description tells the alternative to structuredClone() and postMessage(). Both
   *   refuse an object and show its first property that cannot be cloned, so this property is the first one.
   */
  constructor(protected readonly notCloned: symbol) {}

  private get listeners(): EventEmitter {
    return (this.emitter ??= new EventEmitter());
  }

  /** Called before a listener is added. @internal */
  protected beforeListener?(event: keyof Events & string): void;

  /**
   * Calls the listener at each event, as EventEmitter.on() does. An error of a listener becomes an uncaught exception.
   *
   * @throws ERR_INVALID_ARG_TYPE: the listener is not a function.
   */
  on<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    this.beforeListener?.(event);
    this.listeners.on(event, listener);
    return this;
  }

  /**
   * As {@link on}, for the next event alone.
   *
   * @throws ERR_INVALID_ARG_TYPE: the listener is not a function.
   */
  once<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    this.beforeListener?.(event);
    this.listeners.once(event, listener);
    return this;
  }

  /** Takes a listener away, as EventEmitter.off() does. A listener that is not there is no error. */
  off<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    this.emitter?.off(event, listener);
    return this;
  }

  /** An alias of {@link on}. */
  addListener<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    return this.on(event, listener);
  }

  /** An alias of {@link off}. */
  removeListener<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    return this.off(event, listener);
  }

  /** Never throws. An error of a listener becomes an uncaught exception in the next tick. */
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
