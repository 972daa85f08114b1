import { forcedGranularity, granularities, type Granularity } from '../../core/granularity.js';
import type { Answer } from '../../probe/types.js';
import { oneOf } from '../arguments.js';
import type { Examination } from './examine.js';

type AnyAnswer = Answer<string | number | object>;

/** A guarantee that a script can ask for: the answer that decides it, and the words of the answer that meet it. */
interface Guarantee {
  readonly name: keyof Examination;
  readonly met: readonly string[];
}

function atLeast(wanted: Granularity): Guarantee {
  return { name: 'granularity', met: granularities.slice(0, granularities.indexOf(wanted) + 1) };
}

const yes = (name: keyof Examination): Guarantee => ({ name, met: ['yes'] });

const guarantees = {
  native: { name: 'backend', met: ['native'] },
  page: atLeast('page'),
  'cache-line': atLeast('cache-line'),
  byte: atLeast('byte'),
  durable: { name: 'persistenceDomain', met: ['storage', 'memory-controller', 'cpu-cache'] },
  dax: yes('dax'),
  'map-sync': yes('mapSync'),
  'map-direct': yes('mapDirect'),
  'huge-pages': yes('hugePages'),
  seals: { name: 'seals', met: ['kernel', 'lease', 'advisory'] },
  extents: yes('extents'),
  leases: yes('leases'),
  'io-uring': yes('ioUring'),
  rdma: yes('rdma'),
} satisfies Readonly<Record<string, Guarantee>>;

export type GuaranteeName = keyof typeof guarantees;

export const guaranteeNames = Object.keys(guarantees) as readonly GuaranteeName[];

/** 'native,byte' as two names, in the order of the user. @throws UsageError for a word that is none. */
export function parseGuarantees(words: string): GuaranteeName[] {
  return [...new Set(words.split(','))].map((word) => oneOf('--require', word.trim(), guaranteeNames));
}

/** Whether a guarantee is met, and the answer that decided it. An unknown guarantee is not met. */
export interface Requirement {
  readonly guarantee: GuaranteeName;
  readonly met: boolean;
  /** The name of the deciding answer in the examination. */
  readonly by: keyof Examination;
}

/** A granularity that the environment forces is for tests, and is no guarantee. Every granularity meets 'page'. */
function isForced({ name, met }: Guarantee): boolean {
  return name === 'granularity' && !met.includes('page') && forcedGranularity() !== undefined;
}

export function requirementOf(guarantee: GuaranteeName, found: Examination): Requirement {
  const wanted: Guarantee = guarantees[guarantee];
  const { answer }: AnyAnswer = found[wanted.name];
  const met = typeof answer === 'string' && wanted.met.includes(answer) && !isForced(wanted);
  return { guarantee, met, by: wanted.name };
}
