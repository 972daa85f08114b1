// The end of environments: stopped in a call, or with running calls that do not return.

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "memory/ranges.h"
#include "registration/ledger.h"
#include "scenarios.h"

namespace ledger = mapdirect::ledger;
namespace ranges = mapdirect::ranges;

namespace scenarios {
namespace {

constexpr double kLength = 8192;

int MakeFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(kLength)) != 0) runtime::Die("cannot make %s", path.c_str());
  return fd;
}

double Open(napi_env__& env, const std::string& path) {
  const double fd = env.Call("open", {env.New(path), env.New(O_RDWR), env.New(0.0)})->number;
  if (fd < 0) runtime::Die("open: %g", fd);
  return fd;
}

double Map(napi_env__& env, double fd) {
  const double slot = env.Number("map", {fd, 0, kLength, PROT_READ | PROT_WRITE, MAP_SHARED});
  if (slot < 0) runtime::Die("map: %g", slot);
  return slot;
}

// Another process with a lease on the file. It keeps the lease for the life of this object.
class Holder final {
 public:
  explicit Holder(const std::string& path) {
    int news[2];
    if (::pipe2(news, O_CLOEXEC) != 0) runtime::Die("pipe2");
    child_ = ::fork();
    if (child_ < 0) runtime::Die("fork");
    if (child_ == 0) Hold(path, news[1]);
    ::close(news[1]);
    news_ = news[0];
    holds_ = Read() == 'y';
  }
  ~Holder() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(news_);
  }
  [[nodiscard]] bool Holds() const { return holds_; }
  // Returns when a call waits for the file.
  void AwaitBreak() const {
    if (Read() != 'b') runtime::Die("no call waits for the lease");
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

 private:
  [[nodiscard]] char Read() const {
    char read = 0;
    return ::read(news_, &read, 1) == 1 ? read : 'n';
  }

  [[noreturn]] static void Hold(const std::string& path, int news) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a failed scenario ends without destructors
    sigset_t broken;
    ::sigemptyset(&broken);
    ::sigaddset(&broken, SIGIO);
    ::sigprocmask(SIG_BLOCK, &broken, nullptr);
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0 || ::fcntl(fd, F_SETLEASE, F_WRLCK) != 0) ::_exit(1);
    if (::write(news, "y", 1) != 1) ::_exit(1);
    int signal = 0;
    if (::sigwait(&broken, &signal) != 0 || ::write(news, "b", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }

  pid_t child_;
  int news_;
  bool holds_;
};

// A worker has sealed one file and is terminated while its call on another file waits. The seal ends with the worker.
void LocksEnd(const std::string& folder) {
  const std::string sealed = folder + "/sealed";
  const std::string asked = folder + "/asked";
  const int other = MakeFile(sealed);
  ::close(MakeFile(asked));
  const Holder holder(asked);
  if (!holder.Holds()) {
    Skip(kLocksEndWithTheirEnvironment, "this file system has no leases; set TMPDIR to a folder on ext4, xfs or tmpfs");
  }

  auto env = std::make_unique<napi_env__>();
  const double fd = Open(*env, sealed);
  const double slot = Map(*env, fd);
  if (env->Number("setLock", {fd, 1, 1, 1}) != 0) runtime::Die("setLock");
  if (env->Call("openAndWait", {env->New(asked)})->kind != runtime::Kind::kPromise) runtime::Die("openAndWait");
  holder.AwaitBreak();
  if (env->Window(slot, 4096) == nullptr) runtime::Die("window");
  // With a duplicate, as with a mapping, the description outlives the descriptor.
  const int duplicate = ::dup(static_cast<int>(fd));
  env->Stop();
  env.reset();

  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = (off_t{1} << 62) + 1;
  lock.l_len = 1;
  if (::fcntl(other, F_OFD_SETLK, &lock) != 0) runtime::Die("a lock outlives its environment while a call runs");
  if (::fcntl(static_cast<int>(fd), F_GETFD) != -1)
    runtime::Die("a descriptor outlives its environment, and no call uses it");
  ::close(duplicate);
  ::close(other);
}

void StoppedWindow(const std::string& folder) {
  ::close(MakeFile(folder + "/window"));
  auto env = std::make_unique<napi_env__>();
  const double slot = Map(*env, Open(*env, folder + "/window"));
  env->Stop();
  if (env->Window(slot, 4096) != nullptr) runtime::Die("a stopping environment has created a window");
  env.reset();
  if (ranges::Count() != 0) runtime::Die("%u ranges are left", ranges::Count());
}

// A view was sent to another thread. Its memory stays valid there after the end of the environment that created it.
void MemoryElsewhere(const std::string& folder) {
  ::close(MakeFile(folder + "/elsewhere"));
  auto env = std::make_unique<napi_env__>();
  const double slot = Map(*env, Open(*env, folder + "/elsewhere"));
  runtime::Object* const window = env->Window(slot, 4096);
  if (window == nullptr) runtime::Die("window");
  const volatile char* const memory = window->memory;
  napi_env__::Transfer(window);
  env->Turn();  // collects the buffer
  env.reset();
  if (*memory != 0) runtime::Die("the memory has changed");
}

void StoppedLoad(const std::string&) {
  { const napi_env__ env(/*stopped=*/true); }
  if (ranges::Count() != 0) runtime::Die("%u ranges are left", ranges::Count());
}

void PlaceOutside(const std::string& folder) {
  ::close(MakeFile(folder + "/place"));
  napi_env__ env;
  const double fd = Open(env, folder + "/place");
  const double slot = Map(env, fd);
  for (const double at : {kLength + 4096, kLength * 1e6, -4096.0}) {
    if (env.Number("mapFixed", {slot, at, fd, 0, 4096, PROT_READ, MAP_SHARED}) != -EINVAL)
      runtime::Die("mapFixed at %g", at);
    if (env.Number("cover", {slot, at, 4096}) != -EINVAL) runtime::Die("cover at %g", at);
  }
}

// Two fences of one slot, the earlier tenant's last: its thread may have waited for a processor since the slot was
// free.
void LateFence(const std::string& folder) {
  ::close(MakeFile(folder + "/late"));
  napi_env__ env;
  const double fd = Open(env, folder + "/late");
  const auto index = static_cast<std::uint32_t>(Map(env, fd));
  const std::uint64_t earlier = ranges::At(index)->serial.load();
  if (env.Number("close", {static_cast<double>(index)}) != 0) runtime::Die("close");
  const double slot = Map(env, fd);
  if (slot != index) runtime::Die("another slot: %g", slot);
  ledger::Bar({{index, ranges::At(index)->serial.load()}});
  ledger::Bar({{index, earlier}});
  const double id = env.Number("registerPlain", {slot, 0, 4096, /*delay=*/0, /*failures=*/0});
  if (id != -ECANCELED) runtime::Die("a range that is being fenced has a new registration: %g", id);
}

}  // namespace

const Scenario kLocksEndWithTheirEnvironment = {"a lock ends with its environment, also while a call runs", LocksEnd};
const Scenario kWindowOfAStoppedEnvironment = {"a refused window of a stopped environment keeps no range",
                                               StoppedWindow};
const Scenario kMemoryElsewhere = {"memory that was moved to another environment outlives its own", MemoryElsewhere};
const Scenario kStoppedLoad = {"an environment that is stopped during the load of the addon ends without a fault",
                               StoppedLoad};
const Scenario kLateFence = {"a fence that comes late admits no registration to the next tenant of its slot",
                             LateFence};
const Scenario kPlaceOutside = {"no page is mapped or covered outside of a range", PlaceOutside};

}  // namespace scenarios
