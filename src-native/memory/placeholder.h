// Anonymous memory over addresses that somebody may still use: a store into it reaches no file.

#ifndef MAPDIRECT_PLACEHOLDER_H_
#define MAPDIRECT_PLACEHOLDER_H_

#include <cstddef>
#include <cstdint>

namespace mapdirect::placeholder {

// Replaces the pages of [base, base + length), which must be ours. 0 or a negative errno: then they are as they were.
[[nodiscard]] int Cover(std::uintptr_t base, std::size_t length);

}  // namespace mapdirect::placeholder

#endif  // MAPDIRECT_PLACEHOLDER_H_
