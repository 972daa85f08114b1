import { readFileSync } from 'node:fs';

/**
 * The result of `read()`; undefined if it throws. A file of /sys or /proc may be missing or unreadable on any system.
 */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The text of a file of /sys or /proc. */
export function readText(path: string): string | undefined {
  return attempt(() => readFileSync(path, 'utf8').trim());
}

/** The number in a file of /sys or /proc that holds one number. */
export function readNumber(path: string): number | undefined {
  const text = readText(path);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** "259:1": a dev_t in the form of /sys/dev. glibc packs it (sys/sysmacros.h). */
export function deviceNumber(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}
