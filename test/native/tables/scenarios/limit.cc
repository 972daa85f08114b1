// At vm.max_map_count: part of a larger mapping can be neither unmapped nor covered with a placeholder.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "memory/ranges.h"
#include "scenarios.h"

namespace ranges = mapdirect::ranges;

namespace scenarios {
namespace {

constexpr std::size_t kPage = 4096;
constexpr long kMost = 1'100'000;  // some systems have 1,048,576

// Creates as many mappings as the process may have, until the end of the scope.
class Full final {
 public:
  Full() {
    for (;;) {
      // Neighbours differ, so the kernel does not merge them.
      const int protection = pages_.size() % 2 == 0 ? PROT_NONE : PROT_READ;
      void* const page = ::mmap(nullptr, kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (page == MAP_FAILED) break;
      pages_.push_back(page);
    }
  }
  ~Full() {
    for (void* const page : pages_) ::munmap(page, kPage);
  }
  Full(const Full&) = delete;
  Full& operator=(const Full&) = delete;

 private:
  std::vector<void*> pages_ = Room();

  static std::vector<void*> Room() {
    std::vector<void*> room;
    room.reserve(kMost);  // before the limit is reached
    return room;
  }
};

void NeedLimit(const Scenario& scenario) {
  std::FILE* const file = std::fopen("/proc/sys/vm/max_map_count", "re");
  long limit = 0;
  if (file == nullptr || std::fscanf(file, "%ld", &limit) != 1) runtime::Die("cannot read vm.max_map_count");
  std::fclose(file);
  if (limit < kMost) return;
  Skip(scenario,
       "vm.max_map_count is " + std::to_string(limit) + ", too many to make; sysctl vm.max_map_count=65530 helps");
}

// Three neighbouring pages of one file, which the kernel merges into one mapping.
struct File final {
  int fd;
  char* base;

  explicit File(const std::string& folder)
      : fd(::open((folder + "/limit").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    if (fd < 0 || ::ftruncate(fd, 3 * kPage) != 0) runtime::Die("cannot make a file");
    base = static_cast<char*>(::mmap(nullptr, 3 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    if (base == MAP_FAILED) runtime::Die("mmap");
  }

  mapdirect::Range* Add(std::size_t page, const mapdirect::Environment* owner) const {
    return ranges::Add(base + page * kPage, kPage, kPage, {fd, 0}, owner);
  }

  // True if this page is still a page of the file.
  [[nodiscard]] bool IsReached(std::size_t page) const {
    char line[512];
    bool is_reached = false;
    const auto address = reinterpret_cast<std::uintptr_t>(base + page * kPage);
    std::FILE* const maps = std::fopen("/proc/self/maps", "re");
    while (std::fgets(line, sizeof(line), maps) != nullptr) {
      unsigned long from = 0, to = 0, inode = 0;
      if (std::sscanf(line, "%lx-%lx %*s %*s %*s %lu", &from, &to, &inode) != 3) continue;
      is_reached = is_reached || (inode != 0 && address >= from && address < to);
    }
    std::fclose(maps);
    return is_reached;
  }
};

std::uintptr_t Middle(const File& file) { return reinterpret_cast<std::uintptr_t>(file.base) + kPage; }

void CloseAtTheLimit(const std::string& folder) {
  NeedLimit(kCloseAtTheLimit);
  const File file(folder);
  mapdirect::Range* const range = file.Add(1, reinterpret_cast<const mapdirect::Environment*>(&file));
  if (range == nullptr) runtime::Die("no slot");
  int closed = 0;
  {
    const Full full;
    closed = ranges::Close(range);
  }
  if (closed == 0 && file.IsReached(1)) runtime::Die("Close() said 0, and the file is still mapped");
  if (closed == 0) return;
  if (closed != -ENOMEM) runtime::Die("Close(): %d", closed);
  if (ranges::Count() != 1 || !ranges::Find(Middle(file))) runtime::Die("a failed Close() changed something");
  if (ranges::Close(range) != 0 || file.IsReached(1)) runtime::Die("Close() failed with room for it");
  if (ranges::Count() != 0) runtime::Die("a range is left");
}

void EndAtTheLimit(const std::string& folder) {
  NeedLimit(kEndAtTheLimit);
  const File file(folder);
  const auto* const owner = reinterpret_cast<const mapdirect::Environment*>(&file);
  mapdirect::Range* const range = file.Add(1, owner);
  if (range == nullptr) runtime::Die("no slot");
  ranges::AddUser(range);  // a window
  {
    const Full full;
    ranges::CloseAllOf(owner);
  }
  ::close(file.fd);
  const auto found = ranges::Find(Middle(file));
  if (found && found->fd >= 0) runtime::Die("a range of an ended environment has a descriptor");
  ranges::DropUser(range);
  if (ranges::Count() != 0 || file.IsReached(1)) runtime::Die("the range outlives its last user");
}

}  // namespace

const Scenario kCloseAtTheLimit = {"close at vm.max_map_count reports its failure", CloseAtTheLimit};
const Scenario kEndAtTheLimit = {"an environment that ends at vm.max_map_count leaves no descriptor", EndAtTheLimit};

}  // namespace scenarios
