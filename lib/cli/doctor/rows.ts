import { forcedGranularity } from '../../core/granularity.js';
import type { Answer, Limit } from '../../probe/types.js';
import { leaseBreakTime } from '../../seals/lease-break-time.js';
import { formatBytes, formatCount } from '../terminal.js';
import type { Examination } from './examine.js';

/**
 * 'good': it is there. 'absent': it is not, and most places do without. 'unknown': nothing tells. 'fault': it should be
 * there, and can be mended. 'plain': a fact that is neither good nor bad.
 */
export type Mark = 'good' | 'absent' | 'unknown' | 'fault' | 'plain';

/** One line of the screen. */
export interface Row {
  readonly label: string;
  readonly mark: Mark;
  /** The answer in a few words. */
  readonly text: string;
  readonly reason?: string | undefined;
  readonly remedy?: string | undefined;
}

const MARKS: Readonly<Record<string, Mark>> = { yes: 'good', no: 'absent', unknown: 'unknown' };

/** A row whose text is the answer itself. `other` is the mark of an answer that is neither yes, no nor unknown. */
function row(label: string, { answer, reason, remedy }: Answer<string | number>, other: Mark = 'good'): Row {
  return { label, mark: MARKS[answer] ?? other, text: String(answer), reason, remedy };
}

// The options that tell something about mappings. That of an overlay with all its layers fills a screen.
const TELLING =
  /^(ro|rw|noexec|dax|sync|discard|barrier|nobarrier|huge|size|data|journal|nodatacow|volatile|cache)(=|$)/;

function fileSystemRow({ fileSystem, mount }: Examination): Row {
  if (typeof mount.answer !== 'object') return row('file system', fileSystem, 'plain');
  const { type, source, directory, options } = mount.answer;
  const telling = options.filter((option) => TELLING.test(option)).join(', ');
  return { label: 'file system', mark: 'plain', text: `${type} on ${directory}, from ${source}: ${telling}` };
}

function backendRow({ backend }: Examination): Row {
  const asked = backend.reason?.startsWith('MAPDIRECT_BACKEND asks') === true;
  const supported = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
  const mark = backend.answer === 'native' ? 'good' : asked || !supported ? 'absent' : 'fault';
  return { ...row('backend', backend), mark };
}

const DOMAINS: Readonly<Record<string, string>> = {
  storage: 'persisted bytes are on the device, which must keep them',
  'memory-controller': 'persisted bytes survive it, as the platform says',
  'cpu-cache': 'every store survives it, as the platform says',
  volatile: 'nothing here survives it',
};

function powerRow({ persistenceDomain }: Examination): Row {
  const { answer, reason, remedy } = persistenceDomain;
  const mark = answer === 'volatile' ? 'absent' : answer === 'unknown' ? 'unknown' : 'good';
  const known = DOMAINS[answer];
  return {
    label: 'power loss',
    mark,
    text: known === undefined ? answer : `${answer}: ${known}`,
    reason: known ? undefined : reason,
    remedy,
  };
}

function shutdownRow({ unsafeShutdowns }: Examination): Row[] {
  return typeof unsafeShutdowns.answer === 'number' ? [row('bad ends', unsafeShutdowns, 'plain')] : [];
}

const VERIFIED: Readonly<Record<string, string>> = {
  yes: ', verified by the extents',
  no: ', not verified: no extents',
};

function sealsRow({ seals, extents }: Examination): Row {
  const plain = row('seals', seals);
  return plain.mark === 'good' ? { ...plain, text: `up to ${seals.answer}${VERIFIED[extents.answer] ?? ''}` } : plain;
}

function leasesRow({ leases }: Examination): Row {
  const plain = row('leases', leases);
  if (leases.answer !== 'yes') return plain;
  return { ...plain, text: `yes; an open() of others waits at most ${leaseBreakTime() / 1000} s` };
}

function registrationRow({ registration }: Examination): Row {
  const { answer, reason, remedy } = registration;
  if (typeof answer !== 'object') return { ...row('register()', { answer, reason, remedy }), remedy };
  const text = Object.entries(answer).map(([provider, { answer: word }]) => `${provider} ${word}`);
  return { label: 'register()', mark: 'plain', text: text.join(', ') };
}

/** Nothing for a limit that is not known. */
function limitText(limit: Limit | undefined, format: (amount: number) => string, what: string): string[] {
  return limit === undefined ? [] : [`${limit === 'unlimited' ? limit : format(limit)} ${what}`];
}

function limitRows({ limits, mapCount }: Examination): Row[] {
  if (typeof limits.answer !== 'object') return [];
  const { maxMapCount, openFiles, lockedMemory, privateMemory, addressSpace } = limits.answer;
  const texts: [label: string, texts: string[]][] = [
    [
      'mappings',
      [
        ...limitText(maxMapCount, formatCount, '(vm.max_map_count)'),
        ...(typeof mapCount.answer === 'number' ? [`${formatCount(mapCount.answer)} in use`] : []),
      ],
    ],
    ['descriptors', limitText(openFiles, formatCount, '(RLIMIT_NOFILE)')],
    [
      'memory',
      [
        ...limitText(lockedMemory, formatBytes, 'locked (RLIMIT_MEMLOCK)'),
        ...limitText(privateMemory, formatBytes, 'private (RLIMIT_DATA)'),
        ...limitText(addressSpace, formatBytes, 'addresses (RLIMIT_AS)'),
      ],
    ],
  ];
  return texts.flatMap(([label, parts]) =>
    parts.length === 0 ? [] : [{ label, mark: 'plain', text: parts.join(', ') }],
  );
}

/** The rows about the path. */
export function placeRows(found: Examination): Row[] {
  return [
    fileSystemRow(found),
    row('granularity', found.granularity, forcedGranularity() === undefined ? 'plain' : 'fault'),
    powerRow(found),
    ...shutdownRow(found),
    row('DAX', found.dax),
    row('MAP_SYNC', found.mapSync),
    row('MAP_DIRECT', found.mapDirect),
    row('2 MiB pages', found.hugePages),
    row('extents', found.extents),
    leasesRow(found),
    sealsRow(found),
    registrationRow(found),
  ];
}

/** The rows about the machine and this process. */
export function machineRows(found: Examination): Row[] {
  const { answer: flush, remedy } = found.flush;
  return [
    backendRow(found),
    {
      ...row('flush', { ...found.flush, reason: MARKS[flush] === undefined ? undefined : found.flush.reason }),
      remedy,
    },
    row('io_uring', found.ioUring),
    row('RDMA', found.rdma),
    ...limitRows(found),
  ];
}
