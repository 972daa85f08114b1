// Checks of the table of ranges that JavaScript cannot do: at vm.max_map_count, and for a slot whose tenant changes.
// Argument: the name of the check. Prints "done", or the fault.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "memory/ranges.h"
#include "require.h"

using namespace mapdirect;

namespace {

// Three ranges over one file, which the kernel merges into one mapping.
struct Neighbours final {
  explicit Neighbours(const char* path) : fd(::open(path, O_RDWR | O_CREAT, 0600)) {
    Require(::ftruncate(fd, 3 * kPage) == 0, "no file");
    base = static_cast<char*>(::mmap(nullptr, 3 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    for (int i = 0; i < 3; i++) ranges[i] = ranges::Add(base + i * kPage, kPage, kPage, {fd, 0}, kOwner);
  }

  int fd;
  char* base;
  Range* ranges[3];
};

// Creates as many mappings as the process may have.
class Limit final {
 public:
  Limit() {
    for (bool odd = false;; odd = !odd) {  // two kinds in turn, so the kernel merges none
      void* const page =
          ::mmap(nullptr, kPage, odd ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (page == MAP_FAILED) return;
      pages_.push_back(page);
    }
  }
  ~Limit() {
    for (void* page : pages_) ::munmap(page, kPage);
  }

 private:
  std::vector<void*> pages_ = Reserved();

  static std::vector<void*> Reserved() {
    std::vector<void*> pages;
    pages.reserve(1 << 20);
    return pages;
  }
};

bool IsMapped(const char* base) {
  unsigned char page = 0;
  return ::mincore(const_cast<char*>(base), kPage, &page) == 0;
}

void CloseAtTheLimit(const char* path) {
  Neighbours three(path);
  {
    const Limit limit;
    Require(ranges::Close(three.ranges[1]) == -ENOMEM, "close() of a part of one mapping succeeded at the limit");
    Require(ranges::At(three.ranges[1]->index) != nullptr, "a range that is still mapped lost its slot");
    Require(ranges::Find(reinterpret_cast<std::uintptr_t>(three.base + kPage)).has_value(), "it is not found any more");
  }
  Require(ranges::Close(three.ranges[1]) == 0, "close() failed again");
  Require(!IsMapped(three.base + kPage), "it is still mapped");
  Require(ranges::Count() == 2, "it is still counted");
}

void DropAtTheLimit(const char* path) {
  Neighbours three(path);
  {
    const Limit limit;
    static_cast<void>(ranges::Abandon(three.ranges[1]));
    Require(ranges::Count() == 3, "the slot of a range that is still mapped is free");
    const auto found = ranges::Find(reinterpret_cast<std::uintptr_t>(three.base + kPage));
    Require(!found, "a range without users is still found");
  }
  Require(ranges::Close(three.ranges[0]) == 0, "close() failed");
  Require(!IsMapped(three.base + kPage), "it was not tried again");
  Require(ranges::Count() == 1, "it is still counted");
}

void EndAtTheLimit(const char* path) {
  const auto* const owner = reinterpret_cast<const Environment*>(path);
  const int fd = ::open(path, O_RDWR);
  char* const base = static_cast<char*>(::mmap(nullptr, 3 * kPage, PROT_READ, MAP_SHARED, fd, 0));
  Range* const range = ranges::Add(base + kPage, kPage, kPage, {fd, 0}, owner);
  ranges::AddUser(range);
  const Limit limit;
  ranges::CloseAllOf(owner);
  const auto found = ranges::Find(reinterpret_cast<std::uintptr_t>(base + kPage));
  Require(!found || found->fd == -1, "the descriptor of an environment that has ended is still named");
}

void DropTogether(const char* path) {
  Neighbours three(path);
  for (Range* const range : three.ranges) {
    ranges::AddUser(range);
    Require(ranges::Close(range) == 0, "close() failed");
    Require(IsMapped(three.base + (range->index - three.ranges[0]->index) * kPage), "no placeholder is there");
  }
  ranges::DropUser(three.ranges[0]);
  Require(ranges::Count() == 2, "a range without users has a slot");
  ranges::DropUser(three.ranges[2]);
  ranges::DropUser(three.ranges[1]);
  for (int i = 0; i < 3; i++) Require(!IsMapped(three.base + i * kPage), "a placeholder outlives the last user");
}

void DropBesideKept(const char* path) {
  Neighbours three(path);
  for (Range* const range : three.ranges) {
    ranges::AddUser(range);
    Require(ranges::Close(range) == 0, "close() failed");
  }
  ranges::DropUser(three.ranges[0]);
  ranges::Keep(three.ranges[1]);
  ranges::DropUser(three.ranges[2]);
  Require(!IsMapped(three.base) && !IsMapped(three.base + 2 * kPage), "they wait for a user that never ends");
  Require(IsMapped(three.base + kPage), "addresses that must stay are free");
}

// One slot with two kinds of tenants in turn: one page at `arena`, and 256 pages at another address. The page `foreign`
// is in neither.
void ChangingTenants() {
  char* const arena =
      static_cast<char*>(::mmap(nullptr, 64 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  const auto foreign = reinterpret_cast<std::uintptr_t>(arena + 8 * kPage);
  std::atomic<bool> stop{false};
  std::atomic<long> wrong{0};
  std::thread handler([&] {
    while (!stop) wrong += ranges::Find(foreign) ? 1 : 0;
  });
  for (int i = 0; i < 30000; i++) {
    void* const small = ::mmap(arena, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    static_cast<void>(ranges::Abandon(ranges::Add(small, kPage, kPage, {-1, 0}, kOwner)));
    void* const large = ::mmap(nullptr, 256 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    static_cast<void>(ranges::Abandon(ranges::Add(large, 256 * kPage, 256 * kPage, {-1, 0}, kOwner)));
  }
  stop = true;
  handler.join();
  Require(wrong == 0, "an address in no range was claimed");
}

}  // namespace

int main(int, char** arguments) {
  const std::string check = arguments[1];
  if (check == "close") CloseAtTheLimit(arguments[2]);
  if (check == "drop") DropAtTheLimit(arguments[2]);
  if (check == "end") EndAtTheLimit(arguments[2]);
  if (check == "together") DropTogether(arguments[2]);
  if (check == "kept") DropBesideKept(arguments[2]);
  if (check == "tenants") ChangingTenants();
  std::puts("done");
}
