#include "range_lookups.h"

#include <sys/mman.h>
#include <unistd.h>

#include <thread>

#include "../runtime/runtime.h"
#include "interrupt_timer.h"
#include "memory.h"
#include "memory/ranges.h"
#include "registration/fence.h"

namespace ranges = mapdirect::ranges;

namespace storm {

std::uintptr_t arena = 0;  // used by scripts/native-mutants.js

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kArena = 64 * kPage;
constexpr std::size_t kForeignAt = 8 * kPage;
constexpr std::size_t kLarge = 256 * kPage;

std::uintptr_t resident = 0;

void* Map(std::size_t length) {
  void* const base =
      ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) runtime::Die("mmap");
  return base;
}

// A range without an owner cannot be abandoned. Any address will do: no environment ends with this one.
const auto* const kOwner = reinterpret_cast<const mapdirect::Environment*>(&arena);

mapdirect::Range* Add(void* base, std::size_t length, int fd) {
  mapdirect::Range* const range = ranges::Add(base, length, length, {fd, 0}, kOwner);
  if (range == nullptr) runtime::Die("no slot");
  return range;
}

}  // namespace

void PrepareRangeLookups(World& world) {
  resident = reinterpret_cast<std::uintptr_t>(Map(kPage));
  Add(reinterpret_cast<void*>(resident), kPage, -1);
  arena = reinterpret_cast<std::uintptr_t>(Map(kArena));
  // Gaps of one page, so that a longer mapping of another thread does not fit.
  for (std::size_t at = 0; at < kForeignAt; at += 2 * kPage) ::munmap(reinterpret_cast<void*>(arena + at), kPage);
  InterruptTimer::Prepare(world, resident + 1, arena + kForeignAt);
}

void ChangeTenants(World& world) {
  const InterruptTimer timer(world);
  Random random = world.Stream();
  while (!world.IsOver()) {
    // A range below the foreign page that does not reach it. Another thread may have taken this gap meanwhile.
    void* const gap = reinterpret_cast<void*>(arena + random.Below(kForeignAt / kPage / 2) * 2 * kPage);
    void* const small =
        ::mmap(gap, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (small != MAP_FAILED) {
      static_cast<void>(ranges::Abandon(Add(small, kPage, -1)));
      world.Count(kNeighbours);
    }
    // A longer range at another address.
    static_cast<void>(ranges::Abandon(Add(Map(kLarge), kLarge, -1)));
    world.Count(kRanges, 2);
  }
}

void LookUpRanges(World& world) {
  while (!world.IsOver()) {
    for (int i = 0; i < 100; i++) {
      if (ranges::Find(arena + kForeignAt)) runtime::Die("a page that is in no range was claimed");
      const auto found = ranges::Find(resident);
      if (!found) runtime::Die("a range that stays was not found");
      if (found->base != resident) runtime::Die("a range that stays was found elsewhere");
    }
    world.Count(kFinds, 200);
  }
}

void FenceShared(World& world) {
  Random random = world.Stream();
  while (!world.IsOver()) {
    const Shared shared = world.AnyShared(random.Next());
    if (shared.serial != 0) {
      const mapdirect::fence::Outcome fenced = mapdirect::fence::Run({{shared.index, shared.serial}}, /*kept=*/{});
      if (fenced.revoked != 0 || fenced.covered != 0) runtime::Die("fence::Run()");
    }
    std::this_thread::yield();
  }
}

}  // namespace storm
