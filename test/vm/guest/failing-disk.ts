import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const BYTES = 32 * 2 ** 20;
const SECTOR = 512;
const NAME = 'failing';

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'latin1', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

/** A disk with an ext4 whose reads and writes can be made to fail: device mapper over a loop device in memory. */
export class FailingDisk implements Disposable {
  readonly directory = '/mnt/failing';
  private readonly image = '/dev/shm/failing-disk';
  private readonly loop: string;
  private readonly device: string;

  constructor() {
    fs.writeFileSync(this.image, '');
    fs.truncateSync(this.image, BYTES);
    this.loop = run('losetup', '--find', '--show', this.image);
    run('dmsetup', 'create', NAME, '--noudevrules', '--noudevsync', '--table', this.table);
    // The guest has no udev, which would make /dev/mapper/NAME.
    this.device = `/dev/dm-${run('dmsetup', 'info', '--columns', '--noheadings', '-o', 'minor', NAME)}`;
    run('mkfs.ext4', '-q', this.device);
    fs.mkdirSync(this.directory, { recursive: true });
    run('mount', this.device, this.directory);
  }

  private get table(): string {
    return `0 ${BYTES / SECTOR} linear ${this.loop} 0`;
  }

  private switchTo(table: string): void {
    run('dmsetup', 'suspend', '--noflush', '--nolockfs', NAME);
    run('dmsetup', 'load', NAME, '--table', table);
    run('dmsetup', 'resume', '--noudevrules', '--noudevsync', NAME);
  }

  /** After this call no page of its files is in memory. */
  forget(): void {
    run('umount', this.directory);
    run('mount', this.device, this.directory);
  }

  fail(): void {
    this.switchTo(`0 ${BYTES / SECTOR} error`);
  }

  repair(): void {
    this.switchTo(this.table);
  }

  [Symbol.dispose](): void {
    this.repair();
    run('umount', '-l', this.directory);
  }
}
