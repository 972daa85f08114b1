#include "lease/event_thread.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "lease/lease_table.h"
#include "lease/watches.h"
#include "thread/thread.h"

namespace mapdirect::event_thread {
namespace {

constexpr pid_t kStarting = -1;

// Never destroyed: its thread may outlive static destruction at exit.
struct EventThread final {
  std::mutex lock;
  std::condition_variable started;
  pid_t thread{0};  // 0: none yet; kStarting
  int poll{-1};
  int signals{-1};
  int inotify{-1};  // -1: nothing was watched yet
};

EventThread& TheEventThread() {
  static auto* const thread = new EventThread;
  return *thread;
}

// Only ever sent to the one thread that blocks it. A real-time signal carries the descriptor and is queued.
int Signal() { return SIGRTMIN + 11; }

// SIGIO is sent instead when the queue of real-time signals is full. But one that was meant for the process may be
// taken here as well: it goes on to whoever handles it.
void PassOnSigio() {
  struct sigaction action;
  if (::sigaction(SIGIO, nullptr, &action) != 0) return;
  if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) return;
  ::syscall(SYS_tgkill, ::getpid(), ::getpid(), SIGIO);
}

void ReadSignals(int signals) {
  signalfd_siginfo heard[16];
  const ssize_t got = ::read(signals, heard, sizeof(heard));
  const std::size_t count = got < 0 ? 0 : static_cast<std::size_t>(got) / sizeof(heard[0]);
  for (std::size_t i = 0; i < count; i++) {
    if (heard[i].ssi_signo == SIGIO) {
      lease_table::RecheckAll();
      PassOnSigio();
    } else if (heard[i].ssi_code > 0) {  // from the kernel
      lease_table::BreakRequested(heard[i].ssi_fd);
    }
  }
}

[[noreturn]] void Listen(int poll, int signals) {
  for (;;) {
    epoll_event event;
    if (::epoll_wait(poll, &event, 1, lease_table::RunDue()) <= 0) continue;
    if (event.data.fd == signals) {
      ReadSignals(signals);
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
  auto* const bell = static_cast<EventThread*>(data);
  int poll = -1;
  int signals = -1;
  {
    const std::lock_guard<std::mutex> guard(bell->lock);
    bell->thread = static_cast<pid_t>(::syscall(SYS_gettid));
    poll = bell->poll;
    signals = bell->signals;
    bell->started.notify_all();
  }
  Listen(poll, signals);
}

int OpenDescriptors(EventThread& bell) {
  sigset_t heard;
  sigemptyset(&heard);
  sigaddset(&heard, Signal());
  sigaddset(&heard, SIGIO);
  if (bell.poll < 0) bell.poll = ::epoll_create1(EPOLL_CLOEXEC);
  if (bell.poll < 0) return -errno;
  if (bell.signals >= 0) return 0;
  const int signals = ::signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return -errno;
  const int polled = AddToPoll(bell.poll, signals);
  if (polled != 0) {
    ::close(signals);
    return polled;
  }
  bell.signals = signals;
  return 0;
}

int CreateThread(EventThread& bell) {
  return StartThread(Run, &bell) ? 0 : -ENOMEM;  // EAGAIN would read as a lease that was refused
}

// Called with the lock held; released while it waits. A failure leaves what was opened for the next attempt.
int Start(EventThread& bell, std::unique_lock<std::mutex>& guard) {
  if (bell.thread == 0) {
    const int opened = OpenDescriptors(bell);
    const int created = opened == 0 ? CreateThread(bell) : opened;
    if (created != 0) return created;
    bell.thread = kStarting;
  }
  bell.started.wait(guard, [&bell] { return bell.thread > 0; });
  return 0;
}

}  // namespace

int SetSignalTarget(int fd) {
  EventThread& bell = TheEventThread();
  f_owner_ex owner = {};
  owner.type = F_OWNER_TID;
  {
    std::unique_lock<std::mutex> guard(bell.lock);
    const int started = Start(bell, guard);
    if (started != 0) return started;
    owner.pid = bell.thread;
  }
  return ::fcntl(fd, F_SETOWN_EX, &owner) == 0 && ::fcntl(fd, F_SETSIG, Signal()) == 0 ? 0 : -errno;
}

int InotifyDescriptor() {
  EventThread& bell = TheEventThread();
  std::unique_lock<std::mutex> guard(bell.lock);
  const int started = Start(bell, guard);
  if (started != 0) return started;
  if (bell.inotify >= 0) return bell.inotify;
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return -errno;
  const int polled = AddToPoll(bell.poll, fd);
  if (polled != 0) {
    ::close(fd);
    return polled;
  }
  bell.inotify = fd;
  return fd;
}

}  // namespace mapdirect::event_thread
