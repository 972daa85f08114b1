// arm64 has no streaming stores: stnp is only a hint, its bytes may stay in the cache, and they would need a flush
// anyway.

#include "persist/stores.h"

#include "persist/atomic_words.h"

namespace mapdirect::stores {
namespace {

constexpr Path kNone{atomic_words::Copy, atomic_words::Fill, nullptr, nullptr};

}  // namespace

const Path* With(int width) { return width == 0 ? &kNone : nullptr; }

}  // namespace mapdirect::stores
