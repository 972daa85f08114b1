/** The options of all calls of the package. */
export const optionNames = [
  ...['offset', 'length', 'access', 'create', 'mode', 'size', 'sync', 'direct', 'granularity', 'populate', 'lock'],
  ...['advice', 'reserve', 'flags', 'backend', 'signal', 'onProgress', 'drain', 'write', 'policy', 'enforcement'],
  ...['prepare', 'deadline', 'name', 'seals', 'fd', 'start', 'end', 'highWaterMark', 'timeout', 'faultGuard'],
  ...['provider', 'domain'],
] as const;
