// An addon with a SIGBUS handler and a fault of its own, as another package may have them.
//
//   foreignFault() -> 7      reads a page behind the end of a file. Without a handler the process ends.
//   install(chain, mask)     installs a handler that heals the page of foreignFault(). It gives other faults to the
//                            earlier handler if `chain` is 1, else it ends the process. The bits of `mask` are the
//                            realtime signals that are blocked while it runs.
//   handled() -> number      the faults that the handler has healed
//   alternateStack()         gives this thread an alternate signal stack of the smallest usual size

#include <node_api.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kPage = 4096, kFill = 7 };

static volatile uint8_t* page;
static struct sigaction earlier;
static volatile sig_atomic_t handled;
static int chain;

static void OnBus(int signal, siginfo_t* info, void* context) {
  const uintptr_t address = (uintptr_t)info->si_addr;
  if (page != NULL && info->si_code > 0 && address - (uintptr_t)page < kPage) {
    mmap((void*)page, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    page[0] = kFill;
    handled++;
  } else if (chain && (earlier.sa_flags & SA_SIGINFO)) {
    earlier.sa_sigaction(signal, info, context);
  } else {
    struct sigaction end = {.sa_handler = SIG_DFL};
    sigaction(SIGBUS, &end, NULL);
  }
}

static napi_value Number(napi_env env, int32_t number) {
  napi_value value = NULL;
  napi_create_int32(env, number, &value);
  return value;
}

static napi_value ForeignFault(napi_env env, napi_callback_info info) {
  (void)info;
  const int fd = memfd_create("foreign", 0);
  page = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);  // the file is empty
  close(fd);
  return Number(env, page[0]);
}

static napi_value Install(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  uint32_t mask = 0;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_int32(env, arguments[0], &chain);
  napi_get_value_uint32(env, arguments[1], &mask);
  struct sigaction action = {.sa_sigaction = OnBus, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  for (int bit = 0; bit < 8; bit++) {
    if ((mask >> bit & 1) != 0) sigaddset(&action.sa_mask, SIGRTMIN + bit);
  }
  return Number(env, sigaction(SIGBUS, &action, &earlier));
}

static napi_value Handled(napi_env env, napi_callback_info info) {
  (void)info;
  return Number(env, handled);
}

static napi_value AlternateStack(napi_env env, napi_callback_info info) {
  (void)info;
  const stack_t stack = {.ss_sp = malloc(SIGSTKSZ), .ss_size = SIGSTKSZ};
  return Number(env, sigaltstack(&stack, NULL));
}

static void Export(napi_env env, napi_value exports, const char* name, napi_callback function) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value);
  napi_set_named_property(env, exports, name, value);
}

NAPI_MODULE_INIT() {
  Export(env, exports, "foreignFault", ForeignFault);
  Export(env, exports, "install", Install);
  Export(env, exports, "handled", Handled);
  Export(env, exports, "alternateStack", AlternateStack);
  return exports;
}
