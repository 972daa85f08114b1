// Platforms without a native backend: the addon loads and exports nothing, and the emulation serves.

#include <napi.h>

namespace {

Napi::Object Init(Napi::Env /*env*/, Napi::Object exports) { return exports; }

}  // namespace

NODE_API_MODULE(mapdirect, Init)
