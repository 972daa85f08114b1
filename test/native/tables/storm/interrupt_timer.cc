#include "interrupt_timer.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../runtime/runtime.h"
#include "memory/ranges.h"

namespace storm {
namespace {

constexpr long kPeriod = 3'000'000;  // nanoseconds

std::atomic<World*> the_world{nullptr};
std::atomic<std::uintptr_t> the_resident{0};
std::atomic<std::uintptr_t> the_foreign{0};

void Handle(int) {
  if (!mapdirect::ranges::Find(the_resident.load())) runtime::Die("in a signal: a range was not found");
  if (mapdirect::ranges::Find(the_foreign.load())) runtime::Die("in a signal: a foreign page was claimed");
  the_world.load()->Count(kFindsInSignals, 2);
}

}  // namespace

void InterruptTimer::Prepare(World& world, std::uintptr_t resident, std::uintptr_t foreign) {
  the_world = &world;
  the_resident = resident;
  the_foreign = foreign;
  struct sigaction action = {};
  action.sa_handler = Handle;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR2, &action, nullptr);
}

InterruptTimer::InterruptTimer(World&) {
  struct sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGUSR2;
  event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) runtime::Die("timer_create");
  const struct itimerspec period = {{0, kPeriod}, {0, kPeriod}};
  ::timer_settime(timer_, 0, &period, nullptr);
}

InterruptTimer::~InterruptTimer() { ::timer_delete(timer_); }

}  // namespace storm
