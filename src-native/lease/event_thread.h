// The one thread that hears what strangers do: leases that they want broken (a signal), watched files that they touch
// (inotify). It is started when it is first needed and lasts as long as the process; the JavaScript threads may be
// blocked meanwhile.

#ifndef MAPDIRECT_EVENT_THREAD_H_
#define MAPDIRECT_EVENT_THREAD_H_

namespace mapdirect::event_thread {

// The signal of a lease on `fd` will go to the thread, and to no other. 0 or a negative errno.
[[nodiscard]] int SetSignalTarget(int fd);

// The inotify descriptor that the thread reads, or a negative errno. One for the process: each user has few (128).
[[nodiscard]] int InotifyDescriptor();

}  // namespace mapdirect::event_thread

#endif  // MAPDIRECT_EVENT_THREAD_H_
