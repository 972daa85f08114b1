// In place of the one of libstdc++ for glibc.
#define _GLIBCXX_OS_DEFINES 1
