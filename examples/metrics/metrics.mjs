// The counts of this package as text in the format that Prometheus reads.
import { subscribe } from 'node:diagnostics_channel';
import { stats } from 'mapdirect';

/** How often each set of labels came, by the name of the metric. A label is a word of the package, never a path. */
const events = new Map([
  ['mapdirect_errors_total', new Map()],
  ['mapdirect_faults_total', new Map()],
  ['mapdirect_seal_events_total', new Map()],
]);

function note(name, labels) {
  const text = Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join();
  const counts = events.get(name);
  counts.set(text, (counts.get(text) ?? 0) + 1);
}

subscribe('mapdirect:error', ({ operation, error }) => note('mapdirect_errors_total', { operation, code: error.code }));
subscribe('mapdirect:fault', ({ reason }) => note('mapdirect_faults_total', { reason }));
subscribe('mapdirect:break', ({ event }) => note('mapdirect_seal_events_total', { event }));

/** All threads of the process; on the emulation this thread alone. */
function counts() {
  try {
    return stats({ process: true });
  } catch (error) {
    if (error.code !== 'EOPNOTSUPP') throw error;
    return stats();
  }
}

function histogram({ count, milliseconds, histogram: buckets }) {
  let sum = 0;
  const lines = buckets.map(({ upTo, count: inBucket }) => {
    sum += inBucket;
    const le = upTo === Infinity ? '+Inf' : upTo / 1000;
    return `mapdirect_flush_seconds_bucket{le="${le}"} ${sum}`;
  });
  return [
    '# TYPE mapdirect_flush_seconds histogram',
    ...lines,
    `mapdirect_flush_seconds_sum ${milliseconds / 1000}`,
    `mapdirect_flush_seconds_count ${count}`,
  ];
}

/** One line for each kind of mapping. */
function byGranularity(name, of, kinds) {
  return [
    `# TYPE ${name} gauge`,
    ...Object.entries(kinds).map(([granularity, kind]) => `${name}{granularity="${granularity}"} ${of(kind)}`),
  ];
}

const single = (name, type, value) => [`# TYPE ${name} ${type}`, `${name} ${value}`];

/** The text of a page for Prometheus. */
export function metrics() {
  const now = counts();
  const lines = [
    ...byGranularity('mapdirect_mappings', ({ mappings }) => mappings, now.byGranularity),
    ...byGranularity('mapdirect_mapped_bytes', ({ bytes }) => bytes, now.byGranularity),
    ...single('mapdirect_seals', 'gauge', now.seals),
    ...single('mapdirect_registrations', 'gauge', now.registrations),
    ...single('mapdirect_leaked_total', 'counter', now.leaked),
    ...single('mapdirect_flush_failures_total', 'counter', now.flushes.failures),
    ...histogram(now.flushes),
  ];
  for (const [name, counted] of events) {
    lines.push(`# TYPE ${name} counter`, ...Array.from(counted, ([labels, count]) => `${name}{${labels}} ${count}`));
  }
  return `${lines.join('\n')}\n`;
}
