import { loadRival } from './rivals/npm/rival.js';

/** The part of lmdb's database that the trials use. */
export interface LmdbDatabase {
  putSync(key: number, value: Buffer, options?: { append: boolean }): unknown;
  getBinary(key: number): Buffer | undefined;
  transactionSync(action: () => void): void;
  close(): Promise<void>;
}

interface Lmdb {
  open(options: Record<string, unknown>): LmdbDatabase;
}

/**
 * Opens a database of binary values with integer keys. A transaction is on the disk when it returns.
 *
 * @param options - further options of lmdb.
 */
export function openLmdb(path: string, options: Record<string, unknown> = {}): LmdbDatabase {
  return (loadRival('lmdb') as Lmdb).open({
    path,
    encoding: 'binary',
    keyEncoding: 'uint32',
    mapSize: 2 ** 33,
    overlappingSync: false, // with it, a commit returns before the data is on the disk
    ...options,
  });
}
