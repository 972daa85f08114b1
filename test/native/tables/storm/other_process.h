// Other processes, which open, write and truncate the files of the storm. No lease of ours is known to them.

#ifndef MAPDIRECT_TEST_STRANGERS_H_
#define MAPDIRECT_TEST_STRANGERS_H_

#include <sys/types.h>

#include "world.h"

namespace storm {

class Stranger final {
 public:
  // Forks: to be made before there is any other thread.
  Stranger();
  ~Stranger();
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  // Sends it to files at random, until the storm is over.
  void Drive(World& world);

 private:
  enum Visit { kWrite, kProbe, kTruncate };

  // 0 or a negative errno.
  int Send(Visit visit, const std::string& path);
  [[noreturn]] static void Serve(int questions, int answers);

  pid_t child_;
  int questions_;
  int answers_;
};

}  // namespace storm

#endif  // MAPDIRECT_TEST_STRANGERS_H_
