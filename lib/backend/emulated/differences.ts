function differs(a: Buffer, b: Buffer, from: number, to: number): boolean {
  return a.compare(b, from, to, from, to) !== 0;
}

/** The first position in [from, to) at which the two differ; `to`: they do not. */
export function nextDifference(a: Buffer, b: Buffer, from: number, to: number): number {
  // Runs of changed bytes lie close together: a few single steps come first, then memcmp for long equal parts.
  const near = Math.min(from + 16, to);
  for (let at = from; at < near; at++) if (a[at] !== b[at]) return at;
  if (near === to || !differs(a, b, near, to)) return to;
  let start = near;
  let end = to;
  while (end - start > 16) {
    const middle = start + Math.floor((end - start) / 2);
    if (differs(a, b, start, middle)) end = middle;
    else start = middle;
  }
  while (a[start] === b[start]) start++;
  return start;
}

/** The first position in [from, to) at which the two agree again; `to`: none. */
export function nextAgreement(a: Buffer, b: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && a[at] !== b[at]) at++;
  return at;
}
