import { attempt, readNumber, readText } from '../../storage/sysfs.js';

/** A mapping that mmap(2) refused with ENOMEM. */
export interface RefusedMapping {
  /** Bytes of address space. */
  readonly length: number;
  /** It is private and writable: its pages may need memory of their own. access 'read' and 'copy' are. */
  readonly isPrivate: boolean;
  /** It has MAP_NORESERVE. */
  readonly isUnreserved: boolean;
}

/** The limits and counts of this process and machine, in bytes. Infinity: no limit, or it cannot be read. */
interface Figures {
  readonly limit: (name: string) => number;
  readonly used: (name: string) => number;
  readonly machine: (name: string) => number;
  /** vm.overcommit_memory; undefined: it cannot be read. */
  readonly overcommit: number | undefined;
}

const KIB = 1024;
const STRICT = 2;
const HEURISTIC = 0;

function readFigures(proc: string): Figures {
  const text = (path: string): string => attempt(() => readText(`${proc}/${path}`)) ?? '';
  const [limits, status, meminfo] = [text('self/limits'), text('self/status'), text('meminfo')];
  const kilobytes = (of: string, name: string): number =>
    KIB * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(of)?.[1] ?? 0);
  return {
    limit: (name) => Number(new RegExp(`^${name} +(\\d+) `, 'm').exec(limits)?.[1] ?? Infinity),
    used: (name) => kilobytes(status, name),
    machine: (name) => kilobytes(meminfo, name),
    overcommit: readNumber(`${proc}/sys/vm/overcommit_memory`),
  };
}

function overLimit(name: string, limit: number, used: number, length: number, remedy: string): string | undefined {
  if (used + length <= limit) return undefined;
  return `${name} is ${limit} bytes, the process has ${used} of them, and ${length} more were asked for: ${remedy}`;
}

/** The remedy for private memory that the machine does not promise. */
function overCommit(wanted: RefusedMapping, { machine, overcommit }: Figures): string | undefined {
  if (overcommit === STRICT) {
    return overLimit(
      'vm.overcommit_memory is 2, and CommitLimit',
      machine('CommitLimit'),
      machine('Committed_AS'),
      wanted.length,
      "raise vm.overcommit_ratio, or add swap, or map less. access: 'write' needs no such promise",
    );
  }
  const most = machine('MemTotal') + machine('SwapTotal');
  if (overcommit !== HEURISTIC || wanted.isUnreserved || wanted.length <= most) return undefined;
  return `the machine has ${most} bytes of memory and swap, and vm.overcommit_memory is 0: map less, or pass MAP_NORESERVE`;
}

/**
 * Tells which limit refused a mapping. The kernel answers ENOMEM for each of them. undefined: none of these, perhaps
 * vm.max_map_count. Reads files of /proc, so it is for the error path only.
 *
 * @param proc - another folder, for tests.
 */
export function memoryShortage(wanted: RefusedMapping, proc = '/proc'): string | undefined {
  const figures = readFigures(proc);
  const { limit, used } = figures;
  const { length, isPrivate } = wanted;
  const space = overLimit(
    'RLIMIT_AS (ulimit -v)',
    limit('Max address space'),
    used('VmSize'),
    length,
    'raise it, or map less at a time (offset and length)',
  );
  if (space !== undefined || !isPrivate) return space;
  const data = overLimit(
    'RLIMIT_DATA (ulimit -d)',
    limit('Max data size'),
    used('VmData'),
    length,
    "raise it, or map less at a time (offset and length). access: 'write' does not count",
  );
  return data ?? overCommit(wanted, figures);
}
