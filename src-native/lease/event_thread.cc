#include "lease/event_thread.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "lease/fault_notices.h"
#include "lease/lease_table.h"
#include "lease/watches.h"
#include "thread/thread.h"

namespace mapdirect::event_thread {
namespace {

constexpr pid_t kStarting = -1;

// Never destroyed: the thread may outlive static destruction at exit.
struct EventThread final {
  std::mutex lock;
  std::condition_variable started;
  pid_t id{0};  // 0: not created yet; kStarting; else the thread's id
  int poll{-1};
  int signals{-1};
  int inotify{-1};              // -1: no file was watched yet
  std::atomic<int> faults{-1};  // -1: no listener wants to know of faults yet
};

EventThread& TheEventThread() {
  static auto* const thread = new EventThread;
  return *thread;
}

// The kernel sends it to this thread only, and this thread blocks it. A real-time signal is queued and carries the
// descriptor.
int BreakSignal() { return SIGRTMIN + 11; }

// The kernel sends SIGIO instead when the queue of real-time signals is full. This thread may also receive a SIGIO that
// was sent to the whole process, so it sends a handled SIGIO on to the main thread.
void PassOnSigio() {
  struct sigaction action;
  if (::sigaction(SIGIO, nullptr, &action) != 0) return;
  if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) return;
  ::syscall(SYS_tgkill, ::getpid(), ::getpid(), SIGIO);
}

void ReadSignals(int signals) {
  signalfd_siginfo received[16];
  const ssize_t got = ::read(signals, received, sizeof(received));
  const std::size_t count = got < 0 ? 0 : static_cast<std::size_t>(got) / sizeof(received[0]);
  for (std::size_t i = 0; i < count; i++) {
    if (received[i].ssi_signo == SIGIO) {
      lease_table::RecheckAll();
      PassOnSigio();
    } else if (received[i].ssi_code > 0) {  // sent by the kernel
      lease_table::BreakRequested(received[i].ssi_fd);
    }
  }
}

[[noreturn]] void Listen(const EventThread& thread, int poll, int signals) {
  for (;;) {
    epoll_event event;
    if (::epoll_wait(poll, &event, 1, lease_table::RunDue()) <= 0) continue;
    if (event.data.fd == signals) {
      ReadSignals(signals);
    } else if (event.data.fd == thread.faults.load()) {
      fault_notices::Read(event.data.fd);
    } else {
      watches::Read(event.data.fd);
    }
  }
}

int AddToPoll(int poll, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

void* Run(void* data) {
  auto* const self = static_cast<EventThread*>(data);
  int poll = -1;
  int signals = -1;
  {
    const std::lock_guard<std::mutex> guard(self->lock);
    self->id = static_cast<pid_t>(::syscall(SYS_gettid));
    poll = self->poll;
    signals = self->signals;
    self->started.notify_all();
  }
  Listen(*self, poll, signals);
}

int OpenDescriptors(EventThread& thread) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, BreakSignal());
  sigaddset(&mask, SIGIO);
  if (thread.poll < 0) thread.poll = ::epoll_create1(EPOLL_CLOEXEC);
  if (thread.poll < 0) return -errno;
  if (thread.signals >= 0) return 0;
  const int signals = ::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return -errno;
  const int added = AddToPoll(thread.poll, signals);
  if (added != 0) {
    ::close(signals);
    return added;
  }
  thread.signals = signals;
  return 0;
}

int CreateThread(EventThread& thread) {
  return StartThread("mapdirect-event", Run, &thread) ? 0 : -ENOMEM;  // -EAGAIN would look like a refused lease
}

// The caller holds the lock; it is released while this function waits. After a failure the next call uses the
// descriptors that were opened.
int Start(EventThread& thread, std::unique_lock<std::mutex>& guard) {
  if (thread.id == 0) {
    const int opened = OpenDescriptors(thread);
    const int created = opened == 0 ? CreateThread(thread) : opened;
    if (created != 0) return created;
    thread.id = kStarting;
  }
  thread.started.wait(guard, [&thread] { return thread.id > 0; });
  return 0;
}

}  // namespace

int SetSignalTarget(int fd) {
  EventThread& thread = TheEventThread();
  f_owner_ex owner = {};
  owner.type = F_OWNER_TID;
  {
    std::unique_lock<std::mutex> guard(thread.lock);
    const int started = Start(thread, guard);
    if (started != 0) return started;
    owner.pid = thread.id;
  }
  return ::fcntl(fd, F_SETOWN_EX, &owner) == 0 && ::fcntl(fd, F_SETSIG, BreakSignal()) == 0 ? 0 : -errno;
}

int InotifyDescriptor() {
  EventThread& thread = TheEventThread();
  std::unique_lock<std::mutex> guard(thread.lock);
  const int started = Start(thread, guard);
  if (started != 0) return started;
  if (thread.inotify >= 0) return thread.inotify;
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return -errno;
  const int added = AddToPoll(thread.poll, fd);
  if (added != 0) {
    ::close(fd);
    return added;
  }
  thread.inotify = fd;
  return fd;
}

int FaultDescriptor() {
  EventThread& thread = TheEventThread();
  std::unique_lock<std::mutex> guard(thread.lock);
  const int started = Start(thread, guard);
  if (started != 0) return started;
  if (thread.faults.load() >= 0) return thread.faults.load();
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return -errno;
  thread.faults.store(fd);  // before an event of it can come
  const int added = AddToPoll(thread.poll, fd);
  if (added == 0) return fd;
  thread.faults.store(-1);
  ::close(fd);
  return added;
}

}  // namespace mapdirect::event_thread
