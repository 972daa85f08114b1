#include "memory/unmap_batch.h"

#include <sys/mman.h>

#include <algorithm>

namespace mapdirect {

bool UnmapBatch::Take(std::uintptr_t base, std::size_t length) {
  if (length > kBytes) return false;
  if (count_ == kPieces || bytes_ > kBytes - length) Flush();
  if (count_ == kPieces || bytes_ > kBytes - length) return false;
  pieces_[count_++] = {base, length};
  bytes_ += length;
  return true;
}

void UnmapBatch::Flush() {
  Piece* const end = pieces_ + count_;
  std::sort(pieces_, end, [](const Piece& a, const Piece& b) { return a.base < b.base; });
  count_ = bytes_ = 0;
  for (const Piece* next = pieces_; next != end;) {
    Piece joined = *next++;
    for (; next != end && next->base == joined.base + joined.length; next++) joined.length += next->length;
    if (::munmap(reinterpret_cast<void*>(joined.base), joined.length) == 0) continue;
    pieces_[count_++] = joined;
    bytes_ += joined.length;
  }
}

}  // namespace mapdirect
