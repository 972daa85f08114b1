// The process-wide table of watched files. inotify(7) reports that a process has touched a file; the owner of the watch
// receives a hint to check the file.

#ifndef MAPDIRECT_WATCHES_H_
#define MAPDIRECT_WATCHES_H_

#include <cstdint>
#include <memory>

#include "lease/listener.h"

namespace mapdirect {

class Environment;

namespace watches {

using Id = std::int64_t;  // from 1, never used again

// Any thread. Returns the id or a negative errno. A file may have several watches; each receives all hints.
[[nodiscard]] Id Add(int fd, const Environment* owner, std::shared_ptr<Listener> listener);
// No hint arrives after it, not even one that was sent before. Returns 0 or -ENOENT.
[[nodiscard]] int Remove(Id id);
void DropAllOf(const Environment* owner);

// For the event thread only: reads the events of the inotify descriptor and sends hints.
void Read(int inotify);

}  // namespace watches
}  // namespace mapdirect

#endif  // MAPDIRECT_WATCHES_H_
