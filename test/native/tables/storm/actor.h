// One thread with an environment of its own, which does at random the things that a program may do.

#ifndef MAPDIRECT_TEST_ACTOR_H_
#define MAPDIRECT_TEST_ACTOR_H_

#include <memory>
#include <set>
#include <vector>

#include "../runtime/runtime.h"
#include "world.h"

namespace storm {

class Actor final {
 public:
  Actor(World& world, std::size_t number);
  // A life from its first call to its end, which may come at any moment.
  void Live();

 private:
  struct Mapped final {
    double slot;
    double fd;
    std::uintptr_t base;
    std::vector<runtime::Object*> windows;
  };
  struct Seal final {
    double id;
    bool probed;
    bool written;  // kOurs was stored: from then on kTheirs must not be seen
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
  void LookAtSeal();
  void DropSeal();
  void Watch();
  void Unwatch();
  void Touch();
  void Ask();
  void Turn();

  void Tell(const runtime::Arguments& notice);
  void Listen();
  void Register(double slot, double fd);
  void OpenWindowOf(Mapped& mapped);
  void Forget(Mapped& mapped, bool abandon);
  void Expect(runtime::Object* promise);
  void Settle();
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
  std::unique_ptr<Seal> seal_;
  std::vector<double> watches_;
  std::set<double> unwatched_;
  std::set<double> hinted_;
  bool listens_{false};
};

}  // namespace storm

#endif  // MAPDIRECT_TEST_ACTOR_H_
