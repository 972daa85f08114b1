// A thread with its own environment. It calls at random the exports that a program may call.

#ifndef MAPDIRECT_TEST_ACTOR_H_
#define MAPDIRECT_TEST_ACTOR_H_

#include <memory>
#include <set>
#include <vector>

#include "../runtime/runtime.h"
#include "peer.h"
#include "world.h"

namespace storm {

class Actor final {
 public:
  Actor(World& world, std::size_t number);
  // Runs from the first call to the end of the environment, which may come at any moment.
  void Live();

 private:
  struct Mapped final {
    double slot;
    double fd;
    std::uintptr_t base;
    std::size_t file;  // the plain file behind it, or kNoFile
    std::vector<runtime::Object*> windows;
    bool shared{false};  // so other threads may fence it
  };
  // A call of waitAsync().
  struct WordWait final {
    runtime::Object* promise;
    double id;
    double slot;
    std::size_t file;
    std::size_t word;
    bool is_long;
    bool cancelled;  // futexCancel() has returned 1
    bool reachable;  // its word is that of the file: the range is neither closed nor fenced
  };
  struct Registration final {
    double id;
    double slot;
    std::shared_ptr<Reach> reach;  // nullptr: it has no peer
  };
  static constexpr std::size_t kNoFile = kPlainFiles;
  struct Seal final {
    double id;
    bool probed;
    bool written;  // kOurs was stored; from then on the page must not contain kTheirs
    bool listed;   // registrations of the range end before another process gets in
    Mapped mapped;
  };

  using Act = void (Actor::*)();

  void Map();
  void ReserveAndPlace();
  void Unmap();
  void OpenWindow();
  void DropWindow();
  void CoverTail();
  void Flush();
  void Share();
  void Attach();
  void Extents();
  void Lock();
  void TakeSeal();
  void CheckSeal();
  void DropSeal();
  void Watch();
  void Unwatch();
  void Touch();
  void Ask();
  void Wait();
  void EndWait();
  void RegisterPlain();
  void RegisterPeer();
  void EndRegistration();
  void RevokeRange();
  void Turn();

  void Tell(const runtime::Arguments& notice);
  void Listen();
  void Register(double slot, double fd, std::size_t file = kNoFile);
  void OpenWindowOf(Mapped& mapped);
  void Forget(Mapped& mapped, bool abandon);
  void Expect(runtime::Object* promise);
  void Settle();
  void Cancel(WordWait& wait);
  void Notify(const WordWait& wait);
  void Judge(const WordWait& wait);
  void LeaveWords(double slot);
  [[nodiscard]] bool Deregister(const Registration& registration);
  void EndRegistrationsOf(double slot);
  void ExpectEnded(double slot);
  void HearOfEnd(double id, double result);
  void LetProvidersConfirm();
  void LastCall();
  void CloseEverything();
  [[nodiscard]] double Open(const std::string& path);
  [[nodiscard]] Mapped* AnyMapped();

  World& world_;
  const std::size_t number_;
  Random random_;
  std::unique_ptr<napi_env__> env_;
  std::vector<Mapped> mapped_;
  std::vector<runtime::Object*> promises_;
  std::vector<WordWait> waits_;
  std::vector<Registration> registrations_;
  std::unique_ptr<Seal> seal_;
  std::vector<double> watches_;
  std::set<double> unwatched_;
  std::set<double> hinted_;
  bool listens_{false};
};

}  // namespace storm

#endif  // MAPDIRECT_TEST_ACTOR_H_
