import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DIST } from '../../support/paths.js';
import { placeOf, places } from '../layout.js';
import { guestSeconds } from '../long-forms.js';
import { boot, makeMemories, type Boot } from './guest.js';
import type { Kernel } from './kernel.js';
import { DIRECT_FLAG, mapDirectCheck } from './map-direct-kernel.js';
import { rdmaBoot, type Rdma } from './rdma.js';

/** A boot of the matrix: a platform and a CPU, and the checks that run on it. */
export interface Configuration {
  readonly name: string;
  readonly persistence: 'mem-ctrl' | 'cpu';
  readonly cpu: string;
  readonly instruction: 'clwb' | 'clflushopt' | 'clflush';
  readonly places: readonly string[];
  /** Suites of the host's tree, by place. */
  readonly suites: Readonly<Record<string, readonly string[]>>;
  /** Scripts of test/vm/guest, and the places whose memory they damage: these are of no use for anything else. */
  readonly damage?: readonly (readonly [script: 'check-faults' | 'check-media', place: string])[];
  /** The checks of map-direct/check.c, and their places. */
  readonly kernelChecks?: readonly (readonly [mode: string, place: string])[];
  /** Soft RoCE, and a kernel of its own in place of the one that was asked for. */
  readonly rdma?: Rdma;
  /** Runs only if --only names it, or its beginning: others show the same. */
  readonly isExtra?: boolean;
}

/**
 * Without the two suites that take longest: they run once on each file system below. Without `differential`: it
 * compares with the emulation, which has no DAX.
 */
const CONFORMANCE = ['dist/test/conformance/(?!(store|persist-ranges|differential)\\.)'];
/** Of these, the suites that are about Buffers more than about files: each runs on one of the two file systems. */
const ON_EXT4 = 'close|close-async|channels|read-stream';
const ON_XFS = 'rounding|views|share|mapping-of';
const without = (names: string): readonly string[] => [
  `dist/test/conformance/(?!(store|persist-ranges|differential|${names})\\.)`,
];
const DURABILITY = ['dist/test/conformance/durability\\.'];
const STORES = ['dist/test/conformance/(store|persist-ranges)\\.'];
const RANGES = ['dist/test/conformance/persist-ranges\\.'];
const others = places.map(({ name }) => name).filter((name) => name !== 'ext4-dax' && name !== 'xfs-dax');
const granted = places.filter(({ mapSync }) => mapSync).map(({ name }) => name);

/** The longest first: two run at a time. */
export const configurations: readonly Configuration[] = [
  { name: 'ADR, ext4', persistence: 'mem-ctrl', cpu: 'max', instruction: 'clwb', places: ['ext4-dax'], suites: { 'ext4-dax': without(ON_XFS) } },
  { name: 'ADR, xfs', persistence: 'mem-ctrl', cpu: 'max', instruction: 'clwb', places: ['xfs-dax'], suites: { 'xfs-dax': without(ON_EXT4) } },
  { name: 'ADR', persistence: 'mem-ctrl', cpu: 'max', instruction: 'clwb', places: others, suites: { 'ext4-virtio-pmem': DURABILITY } },
  { name: 'no clwb', persistence: 'mem-ctrl', cpu: 'max,clwb=off', instruction: 'clflushopt', places: ['ext4-dax', 'device-dax-4K'], suites: { 'ext4-dax': STORES } },
  { name: 'clflush alone', persistence: 'mem-ctrl', cpu: 'max,clwb=off,clflushopt=off', instruction: 'clflush', places: ['xfs-dax', 'device-dax-2M'], suites: { 'xfs-dax': RANGES } },
  { name: 'eADR', persistence: 'cpu', cpu: 'max', instruction: 'clwb', places: granted, suites: { 'xfs-dax': DURABILITY } },
  { name: 'media errors, ext4', persistence: 'mem-ctrl', cpu: 'max', instruction: 'clwb', places: [], suites: {}, damage: [['check-faults', 'ext4-dax'], ['check-media', 'ext4-dax'], ['check-media', 'ext4-virtio-pmem'], ['check-media', 'device-dax-4K']] },
  { name: 'media errors, xfs', persistence: 'mem-ctrl', cpu: 'max', instruction: 'clwb', places: [], suites: {}, damage: [['check-faults', 'xfs-dax'], ['check-media', 'xfs-dax'], ['check-faults', 'ext4-raw-pmem'], ['check-faults', 'tmpfs']] },
  { name: 'whole, ext4', persistence: 'mem-ctrl', cpu: 'max', instruction: 'clwb', places: [], suites: { 'ext4-dax': CONFORMANCE }, isExtra: true },
  { name: 'whole, xfs', persistence: 'mem-ctrl', cpu: 'max', instruction: 'clwb', places: [], suites: { 'xfs-dax': CONFORMANCE }, isExtra: true },
]; // prettier-ignore

const DIRECT = ['dist/test/unit/seals/map-direct\\.', 'dist/test/seals/direct/', 'dist/test/seals/conformance\\.'];
const USER_SPACE = ['dist/test/seals/conformance\\.'];

const seals = (system: 'ext4' | 'xfs', isExtra: boolean): Configuration => ({
  name: `seals, ${system}`,
  persistence: 'mem-ctrl',
  cpu: 'max',
  instruction: 'clwb',
  places: [`${system}-dax`],
  suites: { [`${system}-dax`]: USER_SPACE },
  isExtra,
});

/**
 * The rules of seals as user space keeps them, on file systems with DAX. After the matrix: they say nothing of
 * MAP_SYNC. Each kernel tries one of the two file systems.
 */
export const sealConfigurations: readonly Configuration[] = [seals('ext4', false), seals('xfs', true)];
/** On the kernel that has MAP_DIRECT, where they do not name the bit. */
export const sealConfigurationsBesideDirect: readonly Configuration[] = [seals('ext4', true), seals('xfs', false)];

/** On the kernel that has MAP_DIRECT. */
export const directConfigurations: readonly Configuration[] = [
  { name: 'MAP_DIRECT, ext4', persistence: 'mem-ctrl', cpu: 'max', instruction: 'clwb', places: ['ext4-dax'], suites: { 'ext4-dax': DIRECT }, kernelChecks: [['ext4', 'ext4-dax'], ['stress', 'ext4-dax'], ['inode', 'ext4-dax-inode']] },
  { name: 'MAP_DIRECT, xfs', persistence: 'mem-ctrl', cpu: 'max', instruction: 'clwb', places: ['xfs-dax'], suites: { 'xfs-dax': DIRECT }, kernelChecks: [['xfs', 'xfs-dax'], ['stress', 'xfs-dax']] },
]; // prettier-ignore

function granularityOf(name: string, persistence: 'mem-ctrl' | 'cpu'): string {
  if (!placeOf(name).mapSync) return 'page';
  return persistence === 'cpu' ? 'byte' : 'cache-line';
}

/** The patterns that match no suite of this checkout. jest would skip such a pattern in silence. */
export function unmatchedPatterns({ suites }: Configuration): string[] {
  const files = readdirSync(path.join(DIST, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => path.join('dist', 'test', name));
  const patterns = [...new Set(Object.values(suites).flat())];
  return patterns.filter((pattern) => !files.some((file) => new RegExp(pattern).test(file)));
}

/** Boots one configuration. @throws if a pattern of its suites matches no suite. */
export function runConfiguration(
  configuration: Configuration,
  kernel: Kernel,
  scratch: string,
  onLine: (line: string) => void,
): Promise<Boot> {
  const { persistence, cpu, instruction, suites, damage = [], kernelChecks = [], rdma } = configuration;
  const unmatched = unmatchedPatterns(configuration);
  if (unmatched.length > 0) throw new Error(`${configuration.name}: no suite matches ${unmatched.join(', ')}`);
  const names = [
    ...new Set([
      ...configuration.places,
      ...damage.map(([, place]) => place),
      ...Object.keys(suites),
      ...kernelChecks.map(([, place]) => place),
      ...(rdma?.memory ?? []),
    ]),
  ];
  const { environment = {}, scripts = [], ...machine } = rdma === undefined ? {} : rdmaBoot(rdma);
  return boot({
    ...machine,
    kernel,
    memories: makeMemories(scratch, names),
    scratch,
    persistence,
    cpu,
    seconds: guestSeconds,
    environment: { ...environment, ...(kernelChecks.length === 0 ? {} : { MAPDIRECT_DIRECT_FLAG: DIRECT_FLAG }) },
    scripts: [
      ...scripts,
      ...kernelChecks.map(([mode, place]) => ['check-kernel', mapDirectCheck(), mode, place]),
      ...damage,
      ...configuration.places.map((name) => ['check-place', name, persistence, instruction]),
      ...Object.entries(suites).map(([name, patterns]) => [
        'run-suites',
        name,
        granularityOf(name, persistence),
        ...patterns,
      ]),
    ],
    onLine,
  });
}
