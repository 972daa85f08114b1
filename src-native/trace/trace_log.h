// The stores that the stepper has seen, in order, for one memory. A signal handler writes, so nothing here allocates.

#ifndef MAPDIRECT_TRACE_LOG_H_
#define MAPDIRECT_TRACE_LOG_H_

#include <cstddef>
#include <cstdint>

namespace mapdirect::trace {

// One store: this head, then the old and the new value of each word from the first changed one to the last.
struct StoreHead final {
  std::uint64_t place;   // bytes from the start of the memory to the first changed byte; of the access, if none changed
  std::uint32_t length;  // bytes from the first changed one to the last; 0: the same value was stored
  std::uint32_t words;
  std::uint64_t code;       // the address of the instruction
  std::uint64_t continues;  // 1: the same instruction as the store before, in another page
};

struct Word final {
  std::uint64_t before;
  std::uint64_t after;
};

class TraceLog final {
 public:
  TraceLog() = default;
  TraceLog(const TraceLog&) = delete;
  TraceLog& operator=(const TraceLog&) = delete;

  // Returns 0 or a negative errno.
  [[nodiscard]] int Open();
  void Close();
  [[nodiscard]] bool IsOpen() const { return bytes_ != nullptr; }

  // One page that an instruction may have changed: its bytes before and after, and the place of the first one.
  struct Access final {
    std::uint64_t place;
    std::uint64_t code;
    bool continues;
  };

  // `access.place` lies in the first word of the bytes; their number is a multiple of 8. Async-signal-safe. A store for
  // which there is no room makes the log incomplete.
  void Add(const Access& access, const unsigned char* before, const unsigned char* after, std::size_t length);
  void Lose() { is_complete_ = false; }

  [[nodiscard]] bool IsComplete() const { return is_complete_; }
  [[nodiscard]] const unsigned char* Bytes() const { return bytes_; }
  [[nodiscard]] std::size_t Length() const { return used_; }
  // Forgets the stores, and gives their memory back.
  void Clear();

 private:
  unsigned char* bytes_ = nullptr;
  std::size_t used_ = 0;
  bool is_complete_ = true;
};

}  // namespace mapdirect::trace

#endif  // MAPDIRECT_TRACE_LOG_H_
