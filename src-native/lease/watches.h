// The process-wide table of watched files: a stranger's touch is heard through inotify(7), as a hint to look again.

#ifndef MAPDIRECT_WATCHES_H_
#define MAPDIRECT_WATCHES_H_

#include <cstdint>
#include <memory>

#include "lease/listener.h"

namespace mapdirect {

class Environment;

namespace watches {

using Id = std::int64_t;  // from 1, never reused

// Any thread; several of one file are told alike. 0 or less: a negative errno.
[[nodiscard]] Id Add(int fd, const Environment* owner, std::shared_ptr<Listener> listener);
// Nothing more will be told, not even what is under way. 0 or -ENOENT.
[[nodiscard]] int Remove(Id id);
void DropAllOf(const Environment* owner);

// The bell thread only: tells what the inotify descriptor has.
void Read(int inotify);

}  // namespace watches
}  // namespace mapdirect

#endif  // MAPDIRECT_WATCHES_H_
