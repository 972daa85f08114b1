import type { FileOperations } from '../backend/file-operations.js';
import type { Operation } from '../core/sync-or-async.js';
import { readExtentMap, unmoved, unmovedOrStored, type Extent, type ExtentMap } from '../file/extent-map.js';
import { OwnerChanges } from './owner-changes.js';

/** The parts of a {@link SealedBlockMap}. */
export interface SealedBlockMapParts {
  readonly files: FileOperations;
  /** A descriptor of a description of our own: reading may move its position. */
  readonly fd: () => number;
  readonly path: string | undefined;
  /** The block map at seal time. */
  readonly map: ExtentMap;
  /** false: a device or the emulation. Their map cannot change, or cannot be read. */
  readonly canBeRead: boolean;
  /** The owner may store into holes and unwritten blocks, which moves no other block. */
  readonly exclusive: boolean;
  readonly onMoved: (moved: Extent[]) => void;
}

/** The block map of a sealed file: the map of seal time is the fingerprint that each later reading is compared with. */
export class SealedBlockMap {
  readonly owner = new OwnerChanges(() => this.revision++);
  private map: ExtentMap;
  /** Differs if a reading that has begun is out of date. */
  private revision = 0;
  private readings = 0;
  private whenIdle: (() => void) | undefined;

  constructor(private readonly parts: SealedBlockMapParts) {
    this.map = parts.map;
  }

  extents(): readonly Extent[] {
    return this.map.extents();
  }

  /** Reads the map again, after a write-back. @returns the extents that moved. */
  *verify(): Operation<Extent[]> {
    return this.parts.canBeRead ? this.compare(yield* this.read('synced')) : [];
  }

  /**
   * Reads the map as it is now and compares it, unless a change of the owner has made the reading out of date
   * meanwhile.
   */
  *check(): Operation<void> {
    const { revision } = this;
    // A store of the owner may still wait for its block.
    const now = yield* this.read(this.owner.state === 'unread' ? 'synced' : 'now');
    // The change was reported too: another check follows.
    if (revision === this.revision) this.compare(now);
  }

  /** @param whenIdle - called when no reading uses the descriptor any more: at once, or at the end of the last one. */
  end(whenIdle: () => void): void {
    this.whenIdle = whenIdle;
    if (this.readings === 0) this.endNow();
  }

  private endNow(): void {
    this.whenIdle?.();
    this.whenIdle = undefined;
  }

  private *read(question: 'now' | 'synced'): Operation<ExtentMap> {
    const { files, fd, path } = this.parts;
    this.readings++;
    try {
      return yield* readExtentMap(files, fd(), question, path);
    } finally {
      this.readings--;
      if (this.readings === 0) this.endNow();
    }
  }

  private compare(now: ExtentMap): Extent[] {
    const { exclusive, onMoved } = this.parts;
    switch (this.owner.state) {
      case 'running': // half of a change proves nothing; the reading after it is compared
        return [];
      case 'unread':
        this.owner.markRead();
        this.setFingerprint(now);
        return [];
      case 'none': {
        const moved = this.map.movedIn(now, exclusive ? unmovedOrStored : unmoved);
        if (moved.length > 0) onMoved(moved);
        else if (exclusive) this.setFingerprint(now); // the blocks that stores have filled must stay from now on
        return moved;
      }
    }
  }

  private setFingerprint(map: ExtentMap): void {
    this.map = map;
    this.revision++;
  }
}
