// The addon bare_call.c: its call for every block of a layout. 'word' is a store of 8 bytes and persist, 'persist' only
// makes dirty blocks durable. Arguments: ADDON FILE word|persist LENGTH:STRIDE:BLOCKS:BATCHES...
import { formatLayout, type Layout } from '../layout.js';
import { medianOf } from '../statistics.js';
import { argument, layoutArguments, nanoseconds, printFigures } from '../trial.js';

/** The exports of bare_call.c. */
interface BareCall {
  open(file: string): void;
  aim(layout: string): void;
  dirty(): void;
  persist(): void;
  store(): void;
}

const addon = { exports: {} as BareCall };
process.dlopen(addon, argument(0)); // require() takes only names that end in .node
const { open, aim, dirty, persist, store } = addon.exports;

function words(blocks: number): number {
  return nanoseconds(() => {
    for (let block = 0; block < blocks; block++) store();
  });
}

function persists(blocks: number): number {
  dirty();
  return nanoseconds(() => {
    for (let block = 0; block < blocks; block++) persist();
  });
}

function measure(layout: Layout, batch: typeof words): number {
  aim(formatLayout(layout));
  medianOf(Math.ceil(layout.batches / 10), () => batch(layout.blocks)); // compiles the code
  return medianOf(layout.batches, () => batch(layout.blocks)) / layout.blocks;
}

open(argument(1));
const isWord = argument(2) === 'word';
const batch = isWord ? words : persists;
const nameOf = ({ length }: Layout): string => (isWord ? 'word' : String(length));
printFigures(Object.fromEntries(layoutArguments(3).map((each) => [nameOf(each), measure(each, batch)])));
