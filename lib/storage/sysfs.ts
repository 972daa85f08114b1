import { readFileSync } from 'node:fs';

/** `read()`, or undefined when it throws: not there, or not for us, on this kernel, in this container, on this platform. */
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

/** A file of /sys or /proc that holds one number. */
export function readNumber(path: string): number | undefined {
  const text = readText(path);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** "259:1" for a dev_t, as glibc packs it (sys/sysmacros.h) and as /sys/dev writes it. */
export function deviceNumber(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}
