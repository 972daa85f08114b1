import { environment } from '../../core/environment.js';
import { switchedOn } from '../../core/switched-on.js';
import type { Addon } from './addon.js';

/** How many calls of waitAsync() can wait at a time in the process. */
export interface WaiterLimits {
  /** 1: each call has a thread of its own. */
  readonly perThread: number;
  readonly threads: number;
}

/** The kernel takes 128 words; one is the addon's own. */
const WITH_WAITV: WaiterLimits = Object.freeze({ perThread: 127, threads: 64 });
/** Before Linux 5.16, and where a seccomp filter refuses futex_waitv(2). */
const WITHOUT_WAITV: WaiterLimits = Object.freeze({ perThread: 1, threads: 32 });

let limits: WaiterLimits | undefined;

/** Decided at the first call. @throws ERR_INVALID_ARG_VALUE for a wrong word in the environment. */
export function waiterLimits(addon: Addon): WaiterLimits {
  return (limits ??=
    !switchedOn('MAPDIRECT_NO_FUTEX_WAITV', environment) && addon.futexHasWaitAny() === 1 ? WITH_WAITV : WITHOUT_WAITV);
}

/** The advice for EAGAIN. */
export function noRoomToWait({ perThread, threads }: WaiterLimits): string {
  const most = perThread * threads;
  const remedy =
    perThread === 1 ? 'Linux 5.16 and later has futex_waitv(2), which raises the limit' : 'await some first';
  return `at most ${most} calls of waitAsync() can wait at a time in this process: ${remedy}. Or no thread could be started; see RLIMIT_NPROC and pids.max of the cgroup`;
}
