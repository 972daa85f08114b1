// One thread that receives the kernel's events about leased and watched files: a signal when another process wants a
// lease broken, inotify(7) when a watched file changes. The fault guard reports to it, too. It starts at the first use
// and runs until the process ends. It works while the JavaScript threads are blocked.

#ifndef MAPDIRECT_EVENT_THREAD_H_
#define MAPDIRECT_EVENT_THREAD_H_

namespace mapdirect::event_thread {

// Directs the signal of a lease on `fd` to this thread and to no other thread. Returns 0 or a negative errno.
[[nodiscard]] int SetSignalTarget(int fd);

// Returns the inotify descriptor that the thread reads, or a negative errno. The process has only one, because a user
// may have only few (fs.inotify.max_user_instances is 128 by default).
[[nodiscard]] int InotifyDescriptor();

// Returns the eventfd(2) that the fault guard writes and the thread reads, or a negative errno.
[[nodiscard]] int FaultDescriptor();

}  // namespace mapdirect::event_thread

#endif  // MAPDIRECT_EVENT_THREAD_H_
