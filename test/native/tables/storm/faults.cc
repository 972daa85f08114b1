#include "faults.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "../runtime/runtime.h"
#include "memory.h"
#include "memory/fault_guard.h"
#include "memory/ranges.h"

namespace ranges = mapdirect::ranges;

namespace storm {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kPages = 8;

// For FaultWhileClosing().
int changing = -1;

// A range over a file, with one user beside its owner: it keeps the addresses.
class Mapped final {
 public:
  explicit Mapped(int fd) {
    void* const base = ::mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) runtime::Die("mmap");
    // An owner, since only an owner can close the range. Any address will do.
    const auto* const owner = reinterpret_cast<const mapdirect::Environment*>(this);
    struct stat facts;
    if (::fstat(fd, &facts) != 0) runtime::Die("fstat");
    const mapdirect::FileId file = {static_cast<double>(facts.st_dev), static_cast<double>(facts.st_ino)};
    range_ = ranges::Add(base, kPages * kPage, kPages * kPage, {fd, 0, file}, owner);
    if (range_ == nullptr) runtime::Die("no slot");
    ranges::AddUser(range_);
  }
  ~Mapped() { ranges::DropUser(range_); }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  [[nodiscard]] std::uintptr_t Address(std::size_t page) const { return range_->base.load() + page * kPage; }
  [[nodiscard]] mapdirect::Range* range() const { return range_; }

  void Close() const {
    if (ranges::Close(range_) != 0) runtime::Die("Close()");
  }

 private:
  mapdirect::Range* range_;
};

int MakeFile(std::size_t length) {
  const int fd = static_cast<int>(::memfd_create("fault", MFD_CLOEXEC));
  if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(length)) != 0) runtime::Die("memfd");
  return fd;
}

}  // namespace

void PrepareFaults() {
  if (mapdirect::fault_guard::Install() != 0) runtime::Die("the fault guard cannot be installed");
  changing = MakeFile(kPages * kPage);
}

void Fault(World& world) {
  Random random = world.Stream();
  const std::size_t left = 1 + random.Below(kPages - 1);  // pages that the file still has
  const int fd = MakeFile(left * kPage);
  while (!world.IsOver()) {
    const Mapped mapped(fd);
    const std::size_t page = left + random.Below(kPages - left);
    if (Load(mapped.Address(page)) != 0) runtime::Die("a lost page is not empty");
    const std::optional<mapdirect::Fault> fault = ranges::TakeFault(mapped.range());
    if (!fault) runtime::Die("a fault was not reported");
    if (fault->reason != mapdirect::FaultReason::kTruncated) runtime::Die("a fault has another reason");
    if (fault->offset != left * kPage || fault->length != (kPages - left) * kPage)
      runtime::Die("a fault has another range");
    Store(mapped.Address(page), kOurs);  // no second fault
    mapped.Close();
    world.Count(kFaults);
    world.Count(kRanges);
  }
  ::close(fd);
}

void FaultWhileClosing(World& world) {
  Random random = world.Stream();
  while (!world.IsOver()) {
    const Mapped mapped(changing);
    const std::size_t page = random.Below(kPages);
    std::thread other([&mapped, page] {
      for (std::size_t i = 0; i < kPages; i++) Store(mapped.Address((page + i) % kPages), kOurs);
    });
    // As another thread flushes.
    for (std::uint64_t times = random.Below(4); times > 0; times--) {
      static_cast<void>(ranges::TakeFault(mapped.range()));
      std::this_thread::yield();
    }
    mapped.Close();
    other.join();
    world.Count(kFaultsAtClose);
  }
}

void ChangeLength(World& world) {
  Random random = world.Stream();
  while (!world.IsOver()) {
    if (::ftruncate(changing, static_cast<off_t>(random.Below(kPages * kPage))) != 0) runtime::Die("ftruncate");
    std::this_thread::sleep_for(std::chrono::microseconds(random.Below(300)));
  }
}

}  // namespace storm
