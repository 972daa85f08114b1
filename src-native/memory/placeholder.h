// Anonymous memory that replaces the pages of a file at addresses which may still be in use. A store into it reaches no
// file.

#ifndef MAPDIRECT_PLACEHOLDER_H_
#define MAPDIRECT_PLACEHOLDER_H_

#include <cstddef>
#include <cstdint>

namespace mapdirect::placeholder {

// Replaces the pages of [base, base + length), which must belong to one of our ranges. Returns 0, or a negative errno;
// then nothing has changed.
[[nodiscard]] int Cover(std::uintptr_t base, std::size_t length);

}  // namespace mapdirect::placeholder

#endif  // MAPDIRECT_PLACEHOLDER_H_
