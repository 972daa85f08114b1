// The runtime makes these on its own: memory, signals, timers, threads.
const OF_RUNTIME = /^(brk|m(map|unmap|protect|advise)|futex|rt_sig|getpid|epoll_|prlimit64|sched_|clock_)/;

/**
 * The system calls of a log of strace(1) between two marks: access(2) of '/mark/NAME' and of '/mark/end'. Calls that
 * the runtime makes on its own are left out.
 */
export function callsByMark(log: string): Record<string, string[]> {
  const calls: Record<string, string[]> = {};
  let current: string[] | undefined;
  for (const line of log.split('\n')) {
    const mark = /"\/mark\/([^"]*)"/.exec(line)?.[1];
    const name = /^(\w+)\(/.exec(line)?.[1];
    if (mark !== undefined) current = mark === 'end' ? undefined : (calls[mark] = []);
    else if (name !== undefined && !OF_RUNTIME.test(name)) current?.push(name);
  }
  return calls;
}
