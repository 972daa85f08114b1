// For the shipped binaries only (binding.gyp, prebuilt==1): they are linked with a new glibc, and run with an old one,
// from 2.28 on. A new glibc exports some functions under a newer version than they had at first, and some that the old
// one does not have. Each definition here is hidden and comes before the one of glibc, for the code of this library and
// for the C++ runtime that is linked into it. test/prebuilt/ checks the versions of the result.

#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <new>

// glibc has these functions of libdl and libpthread in libc since 2.34 (pthread_sigmask since 2.32). The first version
// of a function is still there. GLIBC_FIRST is that of the architecture.
#define MAPDIRECT_FIRST(version, type, name, parameters, arguments)              \
  __asm__(".symver mapdirect_first_" #name ", " #name "@" version);              \
  __attribute__((visibility("default"))) type mapdirect_first_##name parameters; \
  type name parameters { return mapdirect_first_##name arguments; }

extern "C" {

struct dl_find_object;
struct stat64;
using Callback = void (*)();
using Destructor = void (*)(void*);
using Start = void* (*)(void*);

MAPDIRECT_FIRST(GLIBC_FIRST, char*, dlerror, (), ())
MAPDIRECT_FIRST(GLIBC_FIRST, void*, dlopen, (const char* path, int mode), (path, mode))
MAPDIRECT_FIRST(GLIBC_FIRST, void*, dlsym, (void* handle, const char* name), (handle, name))
MAPDIRECT_FIRST(GLIBC_FIRST, void*, dlvsym, (void* handle, const char* name, const char* version),
                (handle, name, version))
MAPDIRECT_FIRST(GLIBC_FIRST, int, pthread_create,
                (unsigned long* thread, const void* attributes, Start start, void* argument),
                (thread, attributes, start, argument))
MAPDIRECT_FIRST(GLIBC_FIRST, int, pthread_detach, (unsigned long thread), (thread))
MAPDIRECT_FIRST(GLIBC_FIRST, int, pthread_sigmask, (int how, const void* set, void* old), (how, set, old))
MAPDIRECT_FIRST(GLIBC_FIRST, int, pthread_once, (int* control, Callback call), (control, call))
MAPDIRECT_FIRST(GLIBC_FIRST, int, __pthread_key_create, (unsigned* key, Destructor end), (key, end))
MAPDIRECT_FIRST(GLIBC_SETCLOCK, int, pthread_condattr_setclock, (void* attributes, int clock), (attributes, clock))

// fstat(2) and fstatat(2) were macros over other functions before glibc 2.33. On 64 bits the kernel's structure is the
// one of glibc.
int fstat64(int fd, struct stat64* status) { return static_cast<int>(::syscall(SYS_fstat, fd, status)); }

int fstatat64(int fd, const char* path, struct stat64* status, int flags) {
  return static_cast<int>(::syscall(SYS_newfstatat, fd, path, status, flags));
}

// Since 2.32: whether the process has one thread only. A shared_ptr that does not know it counts with atomics.
char __libc_single_threaded = 0;

// Since 2.35: the frames of a library, for exceptions. Our code catches none (-fno-exceptions). Without frames the C++
// runtime ends the process at the throw, as it does when it finds no handler.
int _dl_find_object(void* /*address*/, struct dl_find_object* /*result*/) { return -1; }

}  // extern "C"

// The C++ runtime's own ones catch an exception.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept { return std::malloc(size); }

void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t& /*tag*/) noexcept {
  const auto unit = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(unit, (size + unit - 1) / unit * unit);
}
