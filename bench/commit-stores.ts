import fs from 'node:fs';
import { checkedStore } from './checked-store.js';
import type { CommitStore } from './commit-store.js';
import { mapAs } from './granularity.js';
import { openLmdb } from './lmdb-database.js';
import { writeInPages } from './paged-file.js';
import { loadRival } from './rivals/npm/rival.js';

/** The length of a page and of a value. A database has its own header in each page. */
const PAGE = 4096;
export const VALUE = 4000;

/**
 * Ours, with two flushes for each commit: first the pages, then the root. Page 0 is the root: the number of the last
 * commit. A page of data is written to one of two places in turn, so that a crash during a commit leaves the pages of
 * the commit before it. The pages with the pointers of a real tree are left out.
 */
function mappedStore(file: string, pages: number): CommitStore {
  if (!fs.existsSync(file)) writeInPages(file, 1 + 2 * pages);
  const mapping = mapAs('page', file);
  const root = new Float64Array(mapping.arrayBuffer(0, 8));
  const second = new Uint8Array(pages);
  const placeOf = (key: number): number => (1 + 2 * key + second[key]!) * PAGE;
  const commit = (keys: readonly number[], value: Buffer): void => {
    const ranges: [number, number][] = [];
    for (const key of keys) {
      second[key] = 1 - second[key]!;
      mapping.buffer.set(value, placeOf(key));
      ranges.push([placeOf(key), PAGE]);
    }
    mapping.persistRanges(ranges);
    root[0] = root[0]! + 1;
    mapping.persist(0, 8);
  };
  return {
    commit,
    // Through the file, not through the mapping.
    read: (key) => {
      const bytes = Buffer.alloc(VALUE);
      const fd = fs.openSync(file, 'r');
      fs.readSync(fd, bytes, 0, VALUE, placeOf(key));
      fs.closeSync(fd);
      return bytes;
    },
    close: () => mapping.close(),
  };
}

function lmdb(directory: string, pages: number): CommitStore {
  const isNew = !fs.existsSync(directory);
  const database = openLmdb(directory);
  const commit = (keys: readonly number[], value: Buffer): void =>
    database.transactionSync(() => keys.forEach((key) => database.putSync(key, value)));
  if (isNew)
    commit(
      Array.from({ length: pages }, (_, key) => key),
      Buffer.alloc(VALUE),
    );
  return { commit, read: (key) => database.getBinary(key), close: () => database.close() };
}

/** The part of better-sqlite3 that is used. */
interface Sqlite {
  pragma(source: string): unknown;
  exec(source: string): unknown;
  prepare(source: string): { run(...values: unknown[]): unknown; pluck(): { get(key: number): Uint8Array } };
  transaction<Args extends unknown[]>(action: (...args: Args) => void): (...args: Args) => void;
  close(): void;
}

function sqlite(file: string, pages: number): CommitStore {
  const isNew = !fs.existsSync(file);
  const database = new (loadRival('better-sqlite3') as new (file: string) => Sqlite)(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('locking_mode = EXCLUSIVE');
  database.exec('CREATE TABLE IF NOT EXISTS pages (id INTEGER PRIMARY KEY, value BLOB NOT NULL)');
  const put = database.prepare('INSERT OR REPLACE INTO pages VALUES (?, ?)');
  const get = database.prepare('SELECT value FROM pages WHERE id = ?').pluck();
  const commit = database.transaction((keys: readonly number[], value: Buffer) =>
    keys.forEach((key) => put.run(key, value)),
  );
  if (isNew)
    commit(
      Array.from({ length: pages }, (_, key) => key),
      Buffer.alloc(VALUE),
    );
  return { commit, read: (key) => get.get(key), close: () => database.close() };
}

/** The part of classic-level that is used. */
interface Level {
  open(): Promise<void>;
  batch(operations: { type: 'put'; key: string; value: Buffer }[], options: { sync: boolean }): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

async function level(directory: string, pages: number): Promise<CommitStore> {
  const { ClassicLevel } = loadRival('classic-level') as {
    ClassicLevel: new (directory: string, options: object) => Level;
  };
  const isNew = !fs.existsSync(directory);
  const database = new ClassicLevel(directory, { valueEncoding: 'buffer' });
  await database.open();
  const commit = (keys: readonly number[], value: Buffer): Promise<void> => {
    return database.batch(
      keys.map((key) => ({ type: 'put', key: String(key), value })),
      { sync: true },
    );
  };
  if (isNew)
    await commit(
      Array.from({ length: pages }, (_, key) => key),
      Buffer.alloc(VALUE),
    );
  return { commit, read: (key) => database.get(String(key)), close: () => database.close() };
}

/** All stores, by the name of their trial. Each makes its files at the first use. */
export const stores: Readonly<Record<string, (path: string, pages: number) => CommitStore | Promise<CommitStore>>> = {
  mapdirect: checkedStore,
  'mapdirect, two flushes': mappedStore,
  lmdb,
  'better-sqlite3': sqlite,
  'classic-level': level,
};
