import type { GidEntry } from '../registration/rdma-devices.js';

const BYTES = 16;

/** ibv_global_route has a byte for the index. */
export const LARGEST_INDEX = 255;

/** "0000:0000:0000:0000:0000:ffff:7f00:0001", as sysfs prints it. */
export function parseGid(text: string): Buffer | undefined {
  if (!/^[0-9a-f]{4}(:[0-9a-f]{4}){7}$/.test(text)) return undefined;
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

function isUnset(gid: string): boolean {
  return parseGid(gid)?.equals(Buffer.alloc(BYTES)) !== false;
}

function rank({ gid, type }: GidEntry): number {
  if (type !== 'RoCE v2') return 0;
  return gid.startsWith('0000:0000:0000:0000:0000:ffff:') ? 2 : 1;
}

/** The entry that routes best: RoCE v2 over IPv4, then RoCE v2, then the first. An address names it with one byte. */
export function bestGid(entries: readonly GidEntry[]): GidEntry | undefined {
  const set = entries.filter(({ index, gid }) => index <= LARGEST_INDEX && !isUnset(gid));
  return set.reduce<GidEntry | undefined>(
    (best, entry) => (best === undefined || rank(entry) > rank(best) ? entry : best),
    undefined,
  );
}
