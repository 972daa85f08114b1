// For platforms without a native backend: the addon loads and exports nothing, so the emulation is used.

#include <napi.h>

namespace {

Napi::Object Init(Napi::Env /*env*/, Napi::Object exports) { return exports; }

}  // namespace

NODE_API_MODULE(mapdirect, Init)
