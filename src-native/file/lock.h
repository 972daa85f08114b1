// Locks of open file descriptions.

#ifndef MAPDIRECT_LOCK_H_
#define MAPDIRECT_LOCK_H_

namespace mapdirect {

// Drops every lock of the descriptor's description. Any thread.
void DropLocks(int fd);

}  // namespace mapdirect

#endif  // MAPDIRECT_LOCK_H_
