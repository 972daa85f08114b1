// Another process, which opens, writes and truncates the files of the storm and knows nothing of our leases.

#ifndef MAPDIRECT_TEST_OTHER_PROCESS_H_
#define MAPDIRECT_TEST_OTHER_PROCESS_H_

#include <sys/types.h>

#include "world.h"

namespace storm {

class OtherProcess final {
 public:
  // Forks, so it must run before any other thread is created.
  OtherProcess();
  ~OtherProcess();
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  // Sends the process to random files until the storm is over.
  void Drive(World& world);

 private:
  enum Visit { kWrite, kProbe, kTruncate, kWriteAmongPeers };

  // Returns 0 or a negative errno.
  int Send(Visit visit, const std::string& path);
  [[noreturn]] static void Serve(int questions, int answers);

  pid_t child_;
  int questions_;
  int answers_;
};

}  // namespace storm

#endif  // MAPDIRECT_TEST_OTHER_PROCESS_H_
