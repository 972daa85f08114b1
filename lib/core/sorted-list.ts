// A part with more items than this is split in two.
const LARGEST_PART = 512;

/**
 * Items in the order of a number; each item has a different one. A look-up takes log n comparisons. add() and delete()
 * also move up to 512 items.
 */
export class SortedList<Item> {
  private readonly parts: Item[][] = []; // none is empty

  /** @param keyOf - the number of an item. It must not change while the item is in the list. */
  constructor(private readonly keyOf: (item: Item) => number) {}

  get first(): Item | undefined {
    return this.parts[0]?.[0];
  }

  /** The last item whose number is at most `key`. */
  atOrBefore(key: number): Item | undefined {
    const part = this.parts[this.partFor(key)];
    return part?.[this.countUpTo(part, key) - 1];
  }

  /** The first item whose number is more than `key`. */
  after(key: number): Item | undefined {
    const index = this.partFor(key);
    const part = this.parts[index];
    return part?.[this.countUpTo(part, key)] ?? this.parts[index + 1]?.[0];
  }

  add(item: Item): void {
    const key = this.keyOf(item);
    const index = this.partFor(key);
    const part = this.parts[index];
    if (part === undefined) {
      this.parts.push([item]);
      return;
    }
    part.splice(this.countUpTo(part, key), 0, item);
    if (part.length > LARGEST_PART) this.parts.splice(index + 1, 0, part.splice(part.length / 2));
  }

  /** Deletes an item that is in the list. */
  delete(item: Item): void {
    const key = this.keyOf(item);
    const index = this.partFor(key);
    const part = this.parts[index];
    part?.splice(this.countUpTo(part, key) - 1, 1);
    if (part?.length === 0) this.parts.splice(index, 1);
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const part of this.parts) yield* part;
  }

  /** The index of the last part that begins at or before `key`; 0 if there is none. */
  private partFor(key: number): number {
    return Math.max(0, count(this.parts, ([first]) => first !== undefined && this.keyOf(first) <= key) - 1);
  }

  private countUpTo(part: readonly Item[], key: number): number {
    return count(part, (item) => this.keyOf(item) <= key);
  }
}

/** The number of items that pass `isSo`. They stand before all other items. */
function count<Item>(list: readonly Item[], isSo: (item: Item) => boolean): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isSo(list[middle] as Item)) from = middle + 1;
    else to = middle;
  }
  return from;
}
