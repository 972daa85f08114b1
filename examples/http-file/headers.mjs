// The part of HTTP that a file needs: ranges and conditions (RFC 9110, sections 13 and 14).

/**
 * The part that a Range header asks for.
 *
 * @returns undefined: all of the file (there is no header, or it has a form that a server may ignore); null: no byte of
 *   the file; else the first and the last byte.
 */
export function rangeOf(header, length) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || (first === '' && last === '')) return undefined;
  if (first === '') return Number(last) === 0 ? null : { start: Math.max(length - Number(last), 0), end: length - 1 };
  if (last !== '' && Number(last) < Number(first)) return undefined;
  if (Number(first) >= length) return null;
  return { start: Number(first), end: last === '' ? length - 1 : Math.min(Number(last), length - 1) };
}

/** If-None-Match: the client has this version already. */
export function hasVersion(header, etag) {
  if (header === undefined) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
