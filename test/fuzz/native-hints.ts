import { constants } from '../../lib/index.js';
import type { Addon } from '../../lib/backend/native/addon.js';
import { memory } from './hostile-objects.js';
import { oddNumbers, plain, primitives, smallNumbers, type Value } from './values.js';

/** The objects that the calls of the addon use. */
export interface NativeWorld {
  /** A slot of the table; its range may have ended. */
  readonly slot: number;
  /** A descriptor that the addon has opened; it may be closed. */
  readonly descriptor: number;
  /** The descriptor of a file that nothing else opens. */
  readonly leased: number;
  readonly window: ArrayBuffer;
}

type Hints = readonly (readonly Value<NativeWorld>[])[];

const { MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_PRIVATE, MAP_SHARED, PAGE_SIZE } = constants;
const { PROT_READ, PROT_WRITE } = constants;

/**
 * Arguments of every kind. A number among them is no descriptor, and no advice that poisons a page (MADV_HWPOISON and
 * what follows it).
 */
export const wrongValues: readonly Value<NativeWorld>[] = [...oddNumbers, ...primitives, ...memory];

const slots: readonly Value<NativeWorld>[] = [
  { name: 'slot', make: ({ slot }) => slot },
  { name: 'slot', make: ({ slot }) => slot },
  ...plain(2 ** 32 - 1, 5000),
];
const descriptors: readonly Value<NativeWorld>[] = [{ name: 'descriptor', make: ({ descriptor }) => descriptor }];
const windows: readonly Value<NativeWorld>[] = [{ name: 'window', make: ({ window }) => window }];
const pages = plain(0, PAGE_SIZE, 2 * PAGE_SIZE, 16 * PAGE_SIZE);
const sizes = [...smallNumbers, ...oddNumbers];
const paths = plain('data', 'missing', '', '.', 'x'.repeat(300));
const small = plain(0, 1, 2, 3, 4);
const flags = plain(
  MAP_SHARED | MAP_ANONYMOUS,
  MAP_PRIVATE | MAP_ANONYMOUS,
  MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
);
const part: Hints = [slots, pages, pages];
/** Ranges must stay writable: stores go to every slot, and only TypeScript knows what may be stored where. */
const writable = plain(PROT_READ | PROT_WRITE);
const noFile = plain(-1);
/** A registration must end at once, and at the second attempt at the latest. */
const noDelay = plain(0);
const failures = plain(0, 1);

/** futexWait() blocks this thread for so many microseconds, and for good with a negative number. */
const brief = plain(0, 1, 100, NaN, -0.5, undefined);
/** Each of them is a thread for as long as its waiters wait. */
const fewThreads = plain(0, 1, 2);

/** What no call gets, for the report. */
export const leftOut = 'futexWait with a time that is negative (endless) or longer than 100 us';

/** An argument with hints alone, which no wrong value replaces. */
export const exact = new Set<readonly Value<NativeWorld>[]>([writable, noFile, noDelay, failures, brief, fewThreads]);

const hints: Readonly<Record<string, Hints>> = {
  map: [noFile, sizes, sizes, writable, flags],
  reserve: [sizes, [...flags, ...small], pages, pages],
  mapFixed: [slots, pages, noFile, sizes, pages, writable, flags],
  remap: [...part, writable, flags],
  guardFaults: [small],
  leaveUnguarded: [slots],
  takeFault: [slots],
  announceFaults: [],
  cover: part,
  close: [slots],
  abandon: [slots],
  address: [slots],
  users: [slots],
  pin: [slots, small],
  shareRange: [slots],
  attachDescriptor: [slots, sizes],
  window: part,
  handOut: [windows],
  detach: [windows],
  advise: [...part, small],
  residency: part,
  lock: [...part, small],
  unlock: part,
  populate: [...part, small],
  populateAsync: [...part, small],
  chargeAreas: [sizes],
  chooseFlush: [smallNumbers],
  persistRanges: [memory],
  persistLinesAsync: part,
  chooseStores: [plain(0, 16, 32, 64)],
  storeBytes: [memory],
  sync: part,
  syncAsync: part,
  syncFile: [descriptors],
  syncFileAsync: [descriptors],
  writeBack: [descriptors, sizes, sizes, small],
  writeBackAsync: [descriptors, sizes, sizes, small],
  dirtyPages: [descriptors, sizes, sizes],
  open: [paths, small, small],
  openAndWait: [paths],
  duplicate: [descriptors],
  closeDescriptor: [descriptors],
  access: [paths, small],
  statusFlags: [descriptors],
  fileSystem: [descriptors],
  stat: [descriptors],
  statPath: [paths],
  allocate: [descriptors, small, sizes, sizes],
  allocateAsync: [descriptors, small, sizes, sizes],
  truncate: [descriptors, sizes],
  setLock: [descriptors, small, small, small],
  testLock: [descriptors, small, small],
  readExtents: [descriptors, sizes, sizes, small, small],
  readExtentsAsync: [descriptors, sizes, sizes, small, small],
  takeExtents: [small],
  inodeFlags: [descriptors],
  copyBytes: [descriptors, smallNumbers, descriptors, sizes, smallNumbers],
  copyBytesAsync: [descriptors, smallNumbers, descriptors, sizes, smallNumbers],
  copyRange: [descriptors, sizes, descriptors, sizes, sizes],
  copyRangeAsync: [descriptors, sizes, descriptors, sizes, sizes],
  clone: [descriptors, descriptors],
  cloneAsync: [descriptors, descriptors],
  dedupe: [descriptors, sizes, sizes, descriptors, sizes],
  dedupeAsync: [descriptors, sizes, sizes, descriptors, sizes],
  memoryFile: [paths],
  addSeals: [descriptors, small],
  onNotices: [plain(() => undefined)],
  lease: [[{ name: 'leased', make: ({ leased }) => leased }], sizes, sizes, plain(1, 100)],
  releaseLease: [small],
  leaseHeld: [small],
  fenceOnLeaseEnd: [small, slots],
  revokeOnLeaseEnd: [small, slots],
  isFenced: [slots],
  unregisterFence: [small, slots],
  locksEndWithLease: [small, small],
  findLease: [sizes, sizes],
  watch: [descriptors],
  unwatch: [small],
  registerPlain: [...part, noDelay, failures],
  deregister: [small],
  revoke: [small],
  revokeRange: [slots],
  revokeRangeAsync: [slots],
  registrationState: [small],
  futexHasWaitAny: [],
  futexWait: [slots, sizes, small, brief],
  futexWaitAsync: [slots, sizes, small, sizes, plain(1, 127, 0, 128), fewThreads],
  futexCancel: [small],
  futexWake: [slots, sizes, small],
  rdmaLoad: [plain('libibverbs.so.1', 'missing')],
  rdmaQuery: [plain('rxe0'), small],
  rdmaOpen: [plain('rxe0')],
  rdmaClose: [small],
  rdmaRegister: [...part, small, small, noFile],
  rdmaEndpoint: [small, small, sizes, small, small],
  rdmaConnect: [small, memory],
  rdmaPost: [small, small],
  rdmaReap: [small, memory, small],
  rdmaValue: [small, small],
  rdmaCloseEndpoint: [small],
  uringTry: [],
  uringRegister: [...part, noFile],
  uringSubmit: [small, small, small, descriptors],
  uringReap: [small, memory],
  uringDrop: [small],
  resourceLimit: [small],
  tryMap: [noFile, sizes, writable, flags],
  tryLease: [descriptors],
  tryExtents: [descriptors],
  tryDirect: [descriptors, smallNumbers, small, small],
} satisfies Partial<Record<keyof Addon, Hints>>;

/** The hints for an export; one that is not listed gets wrong values only. */
export function nativeHintsFor(name: string): Hints {
  return hints[name] ?? [[], [], []];
}
