import type { Region } from '../backend/region.js';
import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { constants, MAP_TYPE } from '../core/constants.js';
import { errno, systemError } from '../core/errors.js';
import { fileSystemOf, type FileSystem } from '../storage/file-systems.js';
import { forcedGranularity, missingFor, type Granularity, type Guarantee } from '../core/granularity.js';
import type { PowerFailDomain } from '../storage/persistent-memory.js';
import { syncRefusalText } from '../storage/map-sync-refusal.js';

/** The guarantee of persist() on one mapping, decided once when the mapping was made. Frozen. */
export interface Durability {
  /** The unit in which stores are made durable. */
  readonly granularity: Granularity;
  /** MAP_SYNC was granted: the file's metadata needs no fsync before a flushed store is durable. */
  readonly mapSync: boolean;
  /**
   * How persist() works: 'msync'; the instruction that writes cache lines back ('clwb', 'clflushopt', 'clflush', 'dc
   * cvap', 'dc cvac'); 'fence' where the platform flushes the caches itself; 'pwrite+fdatasync' on the emulation;
   * 'none' on a mapping that has nothing to persist.
   */
  readonly method: string;
  /**
   * 'native': through the addon. 'emulated': heap memory, written to the file by persist(). 'simulated': memory of
   * mapdirect/testing, which loses stores as the granularity allows.
   */
  readonly backend: 'native' | 'emulated' | 'simulated';
  /** The environment set the granularity, for tests. The hardware has another one. */
  readonly forced: boolean;
  /**
   * Where persisted bytes are: in a cache or a memory controller that is flushed when the power fails ('unknown' on
   * DAX: the platform does not say), or on 'storage'. 'volatile' places (tmpfs, memfd) lose them whatever was flushed.
   */
  readonly domain: 'cpu-cache' | 'memory-controller' | 'storage' | 'volatile' | 'unknown';
  /** The reasons that it is not better: one sentence each, with the remedy. */
  readonly reasons: readonly string[];
}

const { MAP_PRIVATE, MAP_SYNC, PROT_READ, PROT_WRITE } = constants;
const { S_IFBLK, S_IFMT } = fsConstants;

const BLOCK_DEVICE: FileSystem = Object.freeze({ name: 'A block device', domain: 'storage' });
const NOT_ASKED = "MAP_SYNC was not asked for (sync: 'off'), so a flush is msync(2), which works on whole pages.";
const NO_MSYNC = 'MAPDIRECT_FORCE_GRANULARITY=page asks for msync(2), and a device-dax has none; unset it';
const NOT_EADR =
  "The platform flushes at power loss only what has left the CPU caches (no eADR): stores need persist(), and 'byte' is not to be had.";
const UNKNOWN_DOMAIN =
  'No persistence_domain under /sys/bus/nd/devices says what the platform flushes at power loss: see the manual of the machine.';

/** The facts that decide the durability of a mapping. */
interface Facts {
  readonly backend: Backend;
  readonly flags: number;
  /**
   * The mapping can be neither read nor stored into. The write-back of a cache line counts as a load: it would be
   * SIGSEGV.
   */
  readonly untouchable: boolean;
  readonly syncErrno: number | undefined;
  /** f_type of statfs(2); undefined: no file. */
  readonly fileSystem: number | undefined;
  readonly dax: boolean | undefined;
  /** A device-dax. It has no file system, so MAP_SYNC makes no difference. */
  readonly device: boolean;
  /** A block device. Its name lies on a file system that says nothing about it (devtmpfs). */
  readonly block: boolean;
  /** The power-fail domain of the persistent memory under a device, or under a file with MAP_SYNC. */
  readonly domain: PowerFailDomain;
  readonly forced: Granularity | undefined;
}

function nothingToPersist(backend: Backend): Durability {
  const reasons = [
    ...backend.reasons,
    "Nothing is persisted: stores into this mapping never reach the file. access: 'write' does.",
  ];
  return {
    granularity: 'page',
    mapSync: false,
    method: 'none',
    backend: backend.kind,
    forced: false,
    domain: 'volatile',
    reasons,
  };
}

/** The durability of the hardware, without `forced`. */
function real({ backend, flags, syncErrno, fileSystem, dax, device, block, domain }: Facts): Durability {
  const system = block ? BLOCK_DEVICE : fileSystem === undefined ? undefined : fileSystemOf(fileSystem);
  const reasons = [...backend.reasons];
  const common = { backend: backend.kind, forced: false, reasons };
  const mapSync = (flags & MAP_SYNC) !== 0;
  if (mapSync || device) {
    if (domain === 'cpu-cache')
      return { ...common, granularity: 'byte', mapSync, method: backend.method('byte'), domain };
    reasons.push(domain === 'unknown' ? UNKNOWN_DOMAIN : NOT_EADR);
    return { ...common, granularity: 'cache-line', mapSync, method: backend.method('cache-line'), domain };
  }
  if (syncErrno === undefined && fileSystem !== undefined) reasons.push(NOT_ASKED);
  else if (syncErrno !== undefined && syncErrno !== 0)
    reasons.push(`${syncRefusalText({ errno: syncErrno, fileSystem: system?.name ?? 'memory', dax })}.`);
  const place = system?.domain ?? 'volatile';
  if (place === 'volatile') {
    reasons.push(
      `${system?.name ?? 'Anonymous memory'} is volatile: nothing there survives a loss of power. Use a file on a disk.`,
    );
  } else if (place === 'unknown') {
    reasons.push(
      `${system?.name ?? 'This file system'} does not tell whether a sync reaches stable storage. Use a local disk file system.`,
    );
  }
  return { ...common, granularity: 'page', mapSync: false, method: backend.method('page'), domain: place };
}

const SIMULATED = 'The memory is a simulation of mapdirect/testing: nothing of it survives its process.';

/** The durability that a simulation shows to the code under test: as on hardware of that granularity. */
function simulated({ granularity, method, domain }: Guarantee): Durability {
  const mapSync = granularity !== 'page';
  return { granularity, mapSync, method, backend: 'simulated', forced: false, domain, reasons: [SIMULATED] };
}

function decide(facts: Facts): Durability {
  const { backend, flags, untouchable, forced } = facts;
  if (untouchable || (flags & MAP_TYPE) === MAP_PRIVATE) return nothingToPersist(backend);
  if (backend.simulates !== undefined) return simulated(backend.simulates);
  const there = real(facts);
  if (forced === undefined) return there;
  if (facts.device && forced === 'page') throw systemError(errno.EOPNOTSUPP, 'mmap', undefined, NO_MSYNC);
  const reason = `MAPDIRECT_FORCE_GRANULARITY=${forced} decided it, for tests: what there really is, is '${there.granularity}'. Unset it for anything that matters.`;
  const method = backend.method(forced);
  // A finer method than the hardware has leaves the bytes in a place that loses them with the power.
  const isFiner = method !== there.method && missingFor(forced, there.granularity) !== undefined;
  return {
    ...there,
    granularity: forced,
    method,
    forced: true,
    domain: isFiner ? 'volatile' : there.domain,
    reasons: [reason, ...there.reasons],
  };
}

const known = new Map<string, Durability>();
// The last decision. Most often the next mapping is like the last one, and the comparison saves the key of `known`: to
// make it takes some 200 ns (Node 20), of the 10 us of a map().
const last: {
  backend?: Backend;
  flags: number;
  syncErrno: number | undefined;
  fileSystem: number | undefined;
  durability?: Durability;
} = {
  flags: 0,
  syncErrno: 0,
  fileSystem: undefined,
};

/**
 * The durability of a region. Equal ones are one object, which 60,000 mappings share.
 * @throws as forcedGranularity().
 */
export function durabilityOf({ prot, flags, syncErrno, file }: Region, backend: Backend): Durability {
  const fileSystem = file?.fileSystem;
  const device = file?.device !== undefined;
  const block = file !== undefined && (file.mode & S_IFMT) === S_IFBLK;
  const untouchable = (prot & (PROT_READ | PROT_WRITE)) === 0;
  const isPlain = (flags & MAP_SYNC) === 0 && file?.dax !== true && !device && !block && !untouchable;
  const isLast =
    last.backend === backend && last.flags === flags && last.syncErrno === syncErrno && last.fileSystem === fileSystem;
  if (isPlain && isLast && last.durability !== undefined) return last.durability;
  const domain = ((flags & MAP_SYNC) !== 0 || device) && file !== undefined ? file.powerFailDomain : 'unknown';
  const key = `${backend.kind} ${backend.simulates?.method ?? ''} ${backend.simulates?.granularity ?? ''} ${flags & (MAP_TYPE | MAP_SYNC)} ${syncErrno} ${fileSystem ?? '-'} ${file?.dax} ${device} ${block} ${untouchable} ${domain}`;
  let durability = known.get(key);
  if (durability === undefined) {
    const decided = decide({
      backend,
      flags,
      untouchable,
      syncErrno,
      fileSystem,
      dax: file?.dax,
      device,
      block,
      domain,
      forced: forcedGranularity(),
    });
    durability = Object.freeze({ ...decided, reasons: Object.freeze(decided.reasons) });
    known.set(key, durability);
  }
  if (isPlain) Object.assign(last, { backend, flags, syncErrno, fileSystem, durability });
  return durability;
}

/** `durability` with further reasons, for one mapping. */
export function withReasons(durability: Durability, reasons: readonly string[] | undefined): Durability {
  if (reasons === undefined || reasons.length === 0) return durability;
  return Object.freeze({ ...durability, reasons: Object.freeze([...durability.reasons, ...reasons]) });
}
