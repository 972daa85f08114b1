/** Units of 4.096 us, doubled n times. */
const UNIT = 0.004096;
/** A request is sent so often before the peer is unreachable: once, and kRetries of src-native/rdma/endpoint.cc. */
const TRIES = 7;
const LARGEST = 31;

/** The exponent of a queue pair's timeout, for a peer that is silent for about so many milliseconds. */
export function timeoutExponent(milliseconds: number): number {
  const exponent = Math.round(Math.log2(milliseconds / (TRIES * UNIT)));
  return Math.min(LARGEST, Math.max(1, exponent)); // 0 would be without end
}
