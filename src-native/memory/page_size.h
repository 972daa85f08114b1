#ifndef MAPDIRECT_PAGE_SIZE_H_
#define MAPDIRECT_PAGE_SIZE_H_

#include <unistd.h>

#include <cstddef>

namespace mapdirect {

// The bytes of a page that is not a huge page. A signal handler may call it after another call has returned.
[[nodiscard]] inline std::size_t PageSize() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace mapdirect

#endif  // MAPDIRECT_PAGE_SIZE_H_
