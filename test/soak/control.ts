import * as fs from 'node:fs';

export type State = 'run' | 'stop' | 'pause';

const STATES: readonly State[] = ['run', 'stop'];
const WORD = 4;

/**
 * A file through which the supervisor of the soak speaks to the writers: their state, and an epoch for each data file.
 * Each pause has a number. The epoch of a file is odd while the supervisor keeps it shorter.
 */
export class Control {
  private readonly fd: number;

  constructor(path: string, files?: number) {
    this.fd = fs.openSync(path, files === undefined ? 'r' : 'w+');
    if (files !== undefined) fs.ftruncateSync(this.fd, WORD * (files + 1));
  }

  get state(): State {
    return STATES[this.read(0)] ?? 'pause';
  }

  /** The number of this pause; undefined: there is none. */
  get pause(): number | undefined {
    const word = this.read(0);
    return word < STATES.length ? undefined : word - STATES.length;
  }

  run(): void {
    this.write(0, STATES.indexOf('run'));
  }

  stop(): void {
    this.write(0, STATES.indexOf('stop'));
  }

  startPause(number: number): void {
    this.write(0, STATES.length + number);
  }

  epochOf(file: number): number {
    return this.read(file + 1);
  }

  /** @returns the new epoch. */
  nextEpoch(file: number): number {
    const epoch = this.epochOf(file) + 1;
    this.write(file + 1, epoch);
    return epoch;
  }

  private read(word: number): number {
    const bytes = Buffer.alloc(WORD);
    fs.readSync(this.fd, bytes, 0, WORD, word * WORD);
    return bytes.readUInt32LE();
  }

  private write(word: number, value: number): void {
    const bytes = Buffer.alloc(WORD);
    bytes.writeUInt32LE(value);
    fs.writeSync(this.fd, bytes, 0, WORD, word * WORD);
  }
}
