// Locks of open file descriptions.

#ifndef MAPDIRECT_LOCK_H_
#define MAPDIRECT_LOCK_H_

namespace mapdirect {

// Drops all locks of the open file description behind `fd`. Any thread.
void DropLocks(int fd);

// Drops the locks of the seal protocol only. A writer lock of the same description stays. Any thread.
void DropSealLocks(int fd);

}  // namespace mapdirect

#endif  // MAPDIRECT_LOCK_H_
