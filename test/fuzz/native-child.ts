// A child process that calls the exports of the addon with wrong arguments, in the current directory.
// Arguments: seed, number of calls. Descriptor 3: the log of the last calls. Standard error: what was wrong.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Addon } from '../../lib/backend/native/addon.js';
import { constants } from '../../lib/index.js';
import { ADDON } from '../support/paths.js';
import { Random } from '../support/random.js';
import { CallLog } from './call-log.js';
import { describeNativeCall, nextNativeCall, weightedNames, type NativeCall } from './native-call.js';
import type { NativeWorld } from './native-hints.js';
import { Tally } from './tally.js';

const { MAP_ANONYMOUS, MAP_SHARED, PAGE_SIZE, PROT_READ, PROT_WRITE } = constants;
const PER_TURN = 500;
const LENGTH = 16 * PAGE_SIZE;
const MOST_RANGES = 30;
const MOST_DESCRIPTORS = 20;
const MOST_BYTES = 2 ** 20;
const O_RDWR_CREAT = 0o102;
const opening = new Set(['open', 'duplicate', 'attachDescriptor', 'memoryFile']);

const addon = require(ADDON) as Addon;

class Objects implements NativeWorld {
  readonly leased = addon.open('leased', O_RDWR_CREAT, 0o600);
  private readonly ranges: number[] = [];
  private readonly descriptors: number[] = [];

  constructor(private readonly random: Random) {
    for (let i = 0; i < 4; i++) this.addRange();
    for (const name of ['data', 'data', 'more']) this.descriptors.push(addon.open(name, O_RDWR_CREAT, 0o600));
  }

  get slot(): number {
    return this.random.of(this.ranges);
  }

  get descriptor(): number {
    return this.random.of(this.descriptors);
  }

  get window(): ArrayBuffer {
    const made = addon.window(this.slot, 0, PAGE_SIZE);
    if (typeof made === 'number') return new ArrayBuffer(8);
    addon.handOut(made);
    return made;
  }

  addRange(slot = addon.map(-1, 0, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, 0, 0)): void {
    this.ranges.push(slot);
    if (this.ranges.length > MOST_RANGES) addon.close(this.ranges.shift()!);
  }

  addDescriptor(fd: number): void {
    this.descriptors.push(fd);
    if (this.descriptors.length > MOST_DESCRIPTORS) addon.closeDescriptor(this.descriptors.splice(3, 1)[0]!);
  }
}

class Program {
  private readonly random: Random;
  private readonly objects: Objects;
  private readonly names = weightedNames(addon);
  private readonly registers = new Float64Array(addon.registers);
  private readonly log = new CallLog(3);
  private readonly tally = new Tally();

  constructor(
    seed: number,
    private readonly count: number,
  ) {
    this.random = new Random(seed);
    this.objects = new Objects(new Random(seed));
  }

  async run(): Promise<void> {
    for (let made = 0; made < this.count; made++) {
      this.log.note(made, this.random.position);
      this.one(nextNativeCall(this.random, this.names));
      if (made % PER_TURN !== 0) continue;
      await nextTurn();
      this.objects.addRange();
    }
    this.tally.write();
    process.exit(); // a lease or a watch of a file does not keep the process, but a waiting open does
  }

  private one(call: NativeCall): void {
    this.tally.note(call.name);
    const args = call.args.map(({ make }) => make(this.objects));
    call.registers.forEach((value, at) => {
      this.registers[at] = value === undefined ? this.objects.slot : Number(value.make(undefined));
    });
    const result = (addon[call.name as keyof Addon] as (...given: readonly unknown[]) => unknown)(...args);
    if (result instanceof Promise) void result.then((value) => this.check(call, value));
    else this.keep(call, args, result);
  }

  /** Ends at once what takes too much, and keeps the rest for later calls. */
  private keep(call: NativeCall, args: readonly unknown[], result: unknown): void {
    this.check(call, result);
    if (typeof result !== 'number' || result < 0) return;
    if (opening.has(call.name)) this.objects.addDescriptor(result);
    if (call.name !== 'map' && call.name !== 'reserve') return;
    const isLarge = args.some((value) => typeof value === 'number' && value > MOST_BYTES);
    if (isLarge) addon.close(result);
    else this.objects.addRange(result);
  }

  /**
   * Every export returns a number, or the object that it makes; an export without a result, nothing. Only the loading
   * of a library has a sentence as its failure.
   */
  private check(call: NativeCall, result: unknown): void {
    if (call.name === 'rdmaLoad' && typeof result === 'string') return;
    if (result === undefined || typeof result === 'number' || (typeof result === 'object' && result !== null)) return;
    throw new Error(`${describeNativeCall(call)} returned a ${typeof result}`);
  }
}

const [, , seed = '1', count = '1000'] = process.argv;
void new Program(Number(seed), Number(count)).run();
