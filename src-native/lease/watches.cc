#include "lease/watches.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lease/event_thread.h"

namespace mapdirect::watches {
namespace {

// IN_OPEN and IN_ACCESS are not watched, because a reader moves no blocks. Cloning the file does not write to it
// either, but the clone closes a descriptor, which is an event.
constexpr std::uint32_t kEvents =
    IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_CLOSE_NOWRITE | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr int kEnded = -1;

struct Watch final {
  int descriptor;  // inotify's, the same for all watches of a file; kEnded: the kernel has ended the watch
  const Environment* owner;
  std::shared_ptr<Listener> listener;
  std::shared_ptr<std::atomic<std::uint32_t>> pending;  // IN_* bits that JavaScript has not taken
};

// Never destroyed: the event thread may outlive static destruction at exit.
struct Table final {
  std::mutex lock;
  std::unordered_map<Id, Watch> watches;
  std::unordered_map<int, std::vector<Id>> by_descriptor;
  Id next{1};
};

Table& TheTable() {
  static auto* const table = new Table;
  return *table;
}

// All functions up to the end of the namespace need the lock.

void RemoveLocked(Table& table, Id id, const Watch& watch) {
  watch.pending->store(0);  // a hint that was sent before finds no event
  const auto found = table.by_descriptor.find(watch.descriptor);
  if (found != table.by_descriptor.end()) {
    std::vector<Id>& ids = found->second;
    ids.erase(std::remove(ids.begin(), ids.end(), id), ids.end());
    if (ids.empty()) {
      ::inotify_rm_watch(event_thread::InotifyDescriptor(), watch.descriptor);
      table.by_descriptor.erase(found);
    }
  }
  table.watches.erase(id);
}

// At most one hint per watch is on its way. Events that come before JavaScript takes it are added to it.
void Hint(const Watch& watch, Id id, std::uint32_t mask) {
  if (watch.pending->fetch_or(mask) != 0) return;
  const bool told =
      watch.listener->Notify(std::unique_ptr<Notice>(new Notice{NoticeKind::kHint, id, 0, watch.pending}));
  if (!told) watch.pending->store(0);
}

void HintAll(const Table& table, std::uint32_t mask) {
  for (const auto& [id, watch] : table.watches) Hint(watch, id, mask);
}

void HintOf(Table& table, int descriptor, std::uint32_t mask) {
  const auto found = table.by_descriptor.find(descriptor);
  if (found == table.by_descriptor.end()) return;
  const bool ended = (mask & IN_IGNORED) != 0;
  for (const Id id : found->second) {
    Watch& watch = table.watches.at(id);
    Hint(watch, id, mask);
    if (ended) watch.descriptor = kEnded;
  }
  if (ended) table.by_descriptor.erase(found);
}

}  // namespace

Id Add(int fd, const Environment* owner, std::shared_ptr<Listener> listener) {
  const int inotify = event_thread::InotifyDescriptor();
  if (inotify < 0) return inotify;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);  // inotify opens nothing, so it breaks no lease
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const int descriptor = ::inotify_add_watch(inotify, path.c_str(), kEvents);
  if (descriptor < 0) return -errno;
  const Id id = table.next++;
  table.by_descriptor[descriptor].push_back(id);
  table.watches.emplace(id,
                        Watch{descriptor, owner, std::move(listener), std::make_shared<std::atomic<std::uint32_t>>(0)});
  return id;
}

int Remove(Id id) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const auto found = table.watches.find(id);
  if (found == table.watches.end()) return -ENOENT;
  RemoveLocked(table, id, found->second);
  return 0;
}

void DropAllOf(const Environment* owner) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  for (auto each = table.watches.begin(); each != table.watches.end();) {
    const auto& [id, watch] = *each++;
    if (watch.owner == owner) RemoveLocked(table, id, watch);
  }
}

void Read(int inotify) {
  alignas(inotify_event) char buffer[16 * 1024];
  const ssize_t got = ::read(inotify, buffer, sizeof(buffer));
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  for (const char* at = buffer; at < buffer + got;) {
    inotify_event event;
    std::memcpy(&event, at, sizeof(event));
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      HintAll(table, event.mask);  // an event of some watch is missing
    } else {
      HintOf(table, event.wd, event.mask);
    }
    at += sizeof(event) + event.len;
  }
}

}  // namespace mapdirect::watches
