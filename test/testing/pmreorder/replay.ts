import type { Engine } from './engine.js';
import { parseStoreLog, type LoggedStore, type Operation } from './store-log.js';

/** A content that pmreorder gives to the checker. */
export interface Checked {
  readonly memory: Buffer;
  /** The stores since the last barrier that the content has, in their order. */
  readonly stores: readonly LoggedStore[];
  /** The markers until then, as PMREORDER_MARKERS has them: "NAME.BEGIN". */
  readonly markers: readonly string[];
}

/** The engine of the program, and those of its marked parts. A part that is not here keeps the engine around it. */
export interface Engines {
  readonly initial: Engine;
  readonly marked: Readonly<Record<string, Engine>>;
}

function isCovered({ address, bytes }: LoggedStore, flush: Operation & { kind: 'FLUSH' }): boolean {
  return address < flush.address + flush.length && flush.address < address + bytes.length;
}

/**
 * Replays a store log as pmreorder does (pmem/pmdk, src/tools/pmreorder/statemachine.py). A barrier is a fence after a
 * flush: there the engine orders the stores that a flush covers, and each sequence gives one content. A store without a
 * flush waits for a later barrier.
 */
export class Replay {
  private memory: Buffer = Buffer.alloc(0);
  private waiting: LoggedStore[] = [];
  private readonly flushed = new Set<LoggedStore>();
  private hasFlushed = false;
  private readonly markers: string[] = [];
  private readonly engines: Engine[];

  constructor(
    private readonly choice: Engines,
    private readonly log: string,
  ) {
    this.engines = [choice.initial];
  }

  *contents(): Generator<Checked> {
    for (const operation of parseStoreLog(this.log)) {
      if (operation.kind === 'FENCE' && this.hasFlushed) yield* this.barrier();
      else this.collect(operation);
    }
  }

  private collect(operation: Operation): void {
    switch (operation.kind) {
      case 'REGISTER_FILE':
        this.memory = Buffer.alloc(operation.address + operation.length);
        return;
      case 'STORE':
        this.waiting.push(operation);
        return;
      case 'FLUSH':
        this.hasFlushed = true;
        for (const store of this.waiting) if (isCovered(store, operation)) this.flushed.add(store);
        return;
      case 'MARKER':
        this.markers.push(`${operation.name}.${operation.edge}`);
        if (operation.edge === 'END') this.engines.pop();
        else this.engines.push(this.choice.marked[operation.name] ?? this.engine);
        return;
      case 'FENCE':
    }
  }

  private get engine(): Engine {
    return this.engines.at(-1) ?? this.choice.initial;
  }

  private *barrier(): Generator<Checked> {
    const stores = this.waiting.filter((store) => this.flushed.has(store));
    if (this.engine.checks)
      for (const sequence of this.engine.sequences(stores))
        yield { memory: withStores(this.memory, sequence), stores: sequence, markers: [...this.markers] };
    this.memory = withStores(this.memory, stores);
    this.waiting = this.waiting.filter((store) => !this.flushed.has(store));
    this.flushed.clear();
    this.hasFlushed = false;
  }
}

function withStores(memory: Buffer, stores: readonly LoggedStore[]): Buffer {
  const after = Buffer.from(memory);
  for (const { address, bytes } of stores) bytes.copy(after, address);
  return after;
}
