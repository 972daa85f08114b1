#include "other_process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../runtime/runtime.h"
#include "peer.h"

namespace storm {
namespace {

struct Question final {
  int visit;
  char path[500];
};

constexpr int kLooks = 50;

bool StoreByte(int fd, std::size_t at) { return ::pwrite(fd, &kTheirs, 1, static_cast<off_t>(at)) == 1; }

// Stores where peers store. The file is open, so nobody can lease it: none of their bytes may follow. Returns 0 or a
// negative errno; -EBADMSG: one did.
int StoreAmongPeers(int fd) {
  if (!StoreByte(fd, kPeerAt)) return -errno;
  for (int look = 0; look < kLooks; look++) {
    ::sched_yield();
    unsigned char seen = 0;
    if (::pread(fd, &seen, 1, kPeerAt) != 1) return -errno;
    if (seen != kTheirs) return -EBADMSG;
  }
  return 0;
}

}  // namespace

OtherProcess::OtherProcess() {
  int questions[2];
  int answers[2];
  if (::pipe2(questions, O_CLOEXEC) != 0 || ::pipe2(answers, O_CLOEXEC) != 0) runtime::Die("pipe2");
  child_ = ::fork();
  if (child_ < 0) runtime::Die("fork");
  if (child_ == 0) {
    ::close(questions[1]);
    ::close(answers[0]);
    Serve(questions[0], answers[1]);
  }
  ::close(questions[0]);
  ::close(answers[1]);
  questions_ = questions[1];
  answers_ = answers[0];
}

OtherProcess::~OtherProcess() {
  ::kill(child_, SIGKILL);
  ::close(questions_);
  ::close(answers_);
  ::waitpid(child_, nullptr, 0);
}

void OtherProcess::Serve(int questions, int answers) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a failed storm ends without destructors
  Question question;
  while (::read(questions, &question, sizeof(question)) == sizeof(question)) {
    int result = 0;
    if (question.visit == kTruncate) {
      result = ::truncate(question.path, kFileSize) == 0 ? 0 : -errno;
    } else {
      const int fd = ::open(question.path, O_RDWR | O_CLOEXEC | (question.visit == kProbe ? O_NONBLOCK : 0));
      if (fd < 0) result = -errno;
      if (fd >= 0 && question.visit != kProbe && !StoreByte(fd, 0)) result = -errno;
      if (fd >= 0 && question.visit == kWriteAmongPeers) result = StoreAmongPeers(fd);
      if (fd >= 0) ::close(fd);
    }
    if (::write(answers, &result, sizeof(result)) != sizeof(result)) break;
  }
  ::_exit(0);
}

int OtherProcess::Send(Visit visit, const std::string& path) {
  Question question = {};
  question.visit = visit;
  std::strncpy(question.path, path.c_str(), sizeof(question.path) - 1);
  int result = 0;
  if (::write(questions_, &question, sizeof(question)) != sizeof(question)) runtime::Die("another process has ended");
  if (::read(answers_, &result, sizeof(result)) != sizeof(result)) runtime::Die("another process did not answer");
  return result;
}

void OtherProcess::Drive(World& world) {
  Random random = world.Stream();
  while (!world.IsOver()) {
    const std::size_t actor = random.Below(kActors);
    const bool probed = random.Below(2) == 0;
    const auto visit = static_cast<Visit>(random.Below(3));
    const std::string file = random.Below(4) == 0 ? world.PlainFile(actor) : world.LeasedFile(actor, probed);
    if (visit == kProbe && !probed) continue;
    // A probed file may be open before the pages go: see actor.h.
    const bool leased = file == world.LeasedFile(actor, false);
    const int result = Send(visit == kWrite && leased ? kWriteAmongPeers : visit, file);
    if (result == -EBADMSG) runtime::Die("a peer has stored after another process got in");
    if (result != 0 && !(visit == kProbe && result == -EWOULDBLOCK))
      runtime::Die("a visit of %s: %d", file.c_str(), result);
    world.Count(kVisits);
  }
}

}  // namespace storm
