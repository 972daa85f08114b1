#include "thread/counts.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>
#include <vector>

#include "args.h"
#include "environment.h"
#include "exports.h"

namespace mapdirect {
namespace counts {
namespace {

// JavaScript writes whole elements, so a reader sees each one before or after a change. std::atomic has that meaning
// here, and the layout of a Float64Array.
using Element = std::atomic<double>;
static_assert(sizeof(Element) == sizeof(double) && Element::is_always_lock_free);

struct Block final {
  const Environment* owner;  // nullptr: it is free, and the next environment may have it
  std::array<Element, kCount> elements;
};

struct Table final {
  std::mutex lock;
  // Blocks are never freed: the ArrayBuffer of an environment that has ended may still refer to one.
  std::vector<std::unique_ptr<Block>> blocks;
  std::array<double, kCount> ended{};  // of the threads that have ended
};

// Never destroyed: a thread may end after static destruction.
Table& TheTable() {
  static auto* const table = new Table;
  return *table;
}

void Add(std::array<double, kCount>& total, const Block& block, std::size_t first) {
  for (std::size_t i = first; i < kCount; i++) {
    const double value = block.elements[i].load(std::memory_order_relaxed);
    total[i] = i < kNow + kSums ? total[i] + value : std::max(total[i], value);
  }
}

Block* Take(const Environment* owner) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const auto found = std::find_if(table.blocks.begin(), table.blocks.end(),
                                  [](const std::unique_ptr<Block>& block) { return block->owner == nullptr; });
  const auto place = found != table.blocks.end() ? found : table.blocks.insert(found, std::make_unique<Block>());
  Block* const block = place->get();
  for (Element& element : block->elements) element.store(0, std::memory_order_relaxed);
  block->owner = owner;
  return block;
}

void End(Table& table, Block& block) {
  Add(table.ended, block, kNow);
  block.owner = nullptr;
}

}  // namespace

void EndAllOf(const Environment* owner) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  for (const std::unique_ptr<Block>& block : table.blocks) {
    if (block->owner == owner) End(table, *block);
  }
}

}  // namespace counts

// makeCounts() -> ArrayBuffer of a new block of this environment, all zeros; or a negative errno: this runtime forbids
// external memory
Napi::Value MakeCounts(const Napi::CallbackInfo& info) {
  counts::Block* const block = counts::Take(&Environment::Of(info.Env()));
  napi_value made = nullptr;
  const napi_status status =
      napi_create_external_arraybuffer(info.Env(), block->elements.data(), sizeof(block->elements),
                                       /*finalize_cb=*/nullptr, /*finalize_hint=*/nullptr, &made);
  if (status == napi_ok) return {info.Env(), made};
  return Return(info, -ENOTSUP);
}

// sumCounts(Float64Array) -> 0; the array gets the counts of all threads of the process. -EINVAL: it has another length
Napi::Value SumCounts(const Napi::CallbackInfo& info) {
  const Bytes into = BytesArg(info, 0);
  if (into.length != counts::kCount * sizeof(double)) return Return(info, -EINVAL);
  counts::Table& table = counts::TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  std::array<double, counts::kCount> total = table.ended;
  for (const std::unique_ptr<counts::Block>& block : table.blocks) {
    if (block->owner != nullptr) counts::Add(total, *block, 0);
  }
  std::copy(total.begin(), total.end(), reinterpret_cast<double*>(into.data));
  return Return(info, 0);
}

}  // namespace mapdirect
