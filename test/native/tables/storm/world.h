// The state that all parts of the storm share.

#ifndef MAPDIRECT_TEST_WORLD_H_
#define MAPDIRECT_TEST_WORLD_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace storm {

constexpr std::size_t kActors = 3;
constexpr std::size_t kPlainFiles = 4;
constexpr std::size_t kFileSize = 64 * 1024;
constexpr unsigned char kOurs = 0x11;
constexpr unsigned char kTheirs = 0xee;
constexpr unsigned char kOfPeer = 0x77;

// splitmix64: small, and the same everywhere.
class Random final {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t Below(std::uint64_t limit) { return Next() % limit; }

 private:
  std::uint64_t state_;
};

// Counters, printed at the end of a run. None may be 0.
enum Figure {
  kEnvironments,
  kRanges,
  kNeighbours,
  kWindows,
  kSettled,
  kAttached,
  kFinds,
  kFindsInSignals,
  kFaults,
  kFaultsAtClose,
  kLeases,
  kLeasesBroken,
  kHints,
  kVisits,
  kWaits,
  kWoken,
  kCancelled,
  kRegistrations,
  kRevokedNotices,
  kUnconfirmed,
  kPeerStores,
  kFigures
};

constexpr const char* kFigureNames[kFigures] = {"environments",
                                                "ranges",
                                                "neighbours of the foreign page",
                                                "windows",
                                                "calls settled",
                                                "attached",
                                                "lookups",
                                                "lookups in signals",
                                                "faults",
                                                "faults during a close",
                                                "leases",
                                                "leases broken",
                                                "hints",
                                                "visits of other processes",
                                                "waits for words",
                                                "waits woken",
                                                "waits cancelled",
                                                "registrations",
                                                "notices of their end",
                                                "ends not confirmed",
                                                "stores of peers"};

// A range that one environment has shared with the others.
struct Shared final {
  std::uint32_t index;
  std::uint64_t serial;
  std::uint64_t inode;
};

class World final {
 public:
  World(std::string folder, std::uint64_t seed) : folder_(std::move(folder)), seed_(seed) {}

  [[nodiscard]] std::string PlainFile(std::size_t i) const { return folder_ + "/plain-" + std::to_string(i); }
  // Each actor has two. `probed` files are opened with O_NONBLOCK, too; for the others no open can succeed while a
  // lease is taken anew.
  [[nodiscard]] std::string LeasedFile(std::size_t actor, bool probed) const {
    return folder_ + (probed ? "/probed-" : "/leased-") + std::to_string(actor);
  }

  [[nodiscard]] bool IsOver() const { return over_.load(std::memory_order_relaxed); }
  void Finish() { over_.store(true, std::memory_order_relaxed); }

  void Count(Figure figure, std::uint64_t more = 1) { figures_[figure].fetch_add(more, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t Of(Figure figure) const { return figures_[figure].load(std::memory_order_relaxed); }

  // A different stream at each call.
  [[nodiscard]] Random Stream() { return Random(seed_ ^ (streams_.fetch_add(1) * 0xd1342543de82ef95)); }

  void Share(const Shared& shared, std::uint64_t at) {
    const std::lock_guard<std::mutex> guard(lock_);
    board_[at % board_.size()] = shared;
  }
  [[nodiscard]] Shared AnyShared(std::uint64_t at) {
    const std::lock_guard<std::mutex> guard(lock_);
    return board_[at % board_.size()];
  }

 private:
  const std::string folder_;
  const std::uint64_t seed_;
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> streams_{1};
  std::array<std::atomic<std::uint64_t>, kFigures> figures_{};
  std::mutex lock_;
  std::array<Shared, 16> board_{};
};

}  // namespace storm

#endif  // MAPDIRECT_TEST_WORLD_H_
