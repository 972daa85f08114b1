// storm FOLDER SECONDS SEED: many environments at once on real files, with real leases and
// watches, waits for words and registrations, while other processes use the files.
// Exit code 0 and one line of figures, or the first fault.

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "../runtime/runtime.h"
#include "actor.h"
#include "faults.h"
#include "lease/lease_table.h"
#include "memory/ranges.h"
#include "other_process.h"
#include "peer.h"
#include "range_lookups.h"
#include "registration/ledger.h"
#include "words.h"

namespace storm {
namespace {

constexpr int kOtherProcesses = 2;
constexpr int kSkipped = 77;                   // scripts/test-native.js prints the reason
constexpr std::chrono::seconds kPatience{90};  // twice the default lease-break-time of the kernel

void MakeFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, kFileSize) != 0) runtime::Die("cannot make %s", path.c_str());
  ::close(fd);
}

// Network file systems and some others have no leases.
bool HasLeases(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const bool has = fd >= 0 && ::fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
  ::close(fd);
  return has;
}

std::size_t OpenDescriptors() {
  std::size_t count = 0;
  DIR* const folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) count++;
  ::closedir(folder);
  return count;
}

// Waits until the condition is true. A storm that hangs has failed.
template <typename Condition>
void Await(const char* name, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) runtime::Die("still not so after a long time: %s", name);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void Run(World& world, std::vector<std::unique_ptr<OtherProcess>>& others, std::chrono::seconds time) {
  std::vector<std::thread> threads;
  std::atomic<std::size_t> running{0};
  const auto start = [&](auto work) {
    running++;
    threads.emplace_back([&running, work] {
      work();
      running--;
    });
  };
  for (std::size_t number = 0; number < kActors; number++) {
    // Each environment has a new thread, like a worker.
    start([&world, number] {
      while (!world.IsOver()) std::thread([&world, number] { Actor(world, number).Live(); }).join();
    });
  }
  for (auto& other : others) start([&world, &other] { other->Drive(world); });
  for (auto* const work : {ChangeTenants, LookUpRanges, Fault, Fault, FaultWhileClosing, ChangeLength, FenceShared,
                           NotifyWords, StoreAsPeers})
    start([&world, work] { work(world); });

  std::this_thread::sleep_for(time);
  world.Finish();
  Await("all threads have ended", [&] { return running == 0; });
  for (std::thread& thread : threads) thread.join();
}

void Print(const World& world) {
  for (int figure = 0; figure < kFigures; figure++) {
    std::printf("%s%" PRIu64 " %s", figure == 0 ? "" : ", ", world.Of(static_cast<Figure>(figure)),
                kFigureNames[figure]);
  }
  std::printf("\n");
  for (int figure = 0; figure < kFigures; figure++) {
    if (world.Of(static_cast<Figure>(figure)) == 0)
      runtime::Die("a storm without %s proves nothing", kFigureNames[figure]);
  }
}

}  // namespace
}  // namespace storm

int main(int count, char** arguments) {
  using namespace storm;
  if (count != 4) runtime::Die("usage: storm FOLDER SECONDS SEED");
  const std::string folder = arguments[1];
  World world(folder, std::strtoull(arguments[3], nullptr, 10));
  for (std::size_t i = 0; i < kPlainFiles; i++) MakeFile(world.PlainFile(i));
  for (std::size_t i = 0; i < kActors; i++) {
    MakeFile(world.LeasedFile(i, false));
    MakeFile(world.LeasedFile(i, true));
  }
  if (!HasLeases(world.LeasedFile(0, false))) return kSkipped;
  std::vector<std::unique_ptr<OtherProcess>> others;
  for (int i = 0; i < kOtherProcesses; i++) others.push_back(std::make_unique<OtherProcess>());

  PrepareFaults();
  PrepareWords(world);
  const std::size_t descriptors = OpenDescriptors();
  PrepareRangeLookups(world);
  Run(world, others, std::chrono::seconds(std::atoi(arguments[2])));

  // Calls of ended environments may still run. After them only the range that stays and the three descriptors of the
  // event thread are left.
  Await("no range is left", [] { return mapdirect::ranges::Count() == 1; });
  Await("no registration is left", [] { return mapdirect::ledger::Count() == 0; });
  Await("no lease is left", [] { return mapdirect::lease_table::Count() == 0; });
  Await("no descriptor is left", [&] { return OpenDescriptors() == descriptors + 3; });
  Print(world);
  return 0;
}
