{
  "variables": {
    # 1 in our own builds (npm run build:native): a stranger's newer compiler must not fail on a new warning.
    "werror%": 0,
    # e.g. "address,undefined" (scripts/test-asan.js)
    "sanitize%": ""
  },
  "targets": [
    {
      "target_name": "mapdirect",
      "defines": [
        "NAPI_VERSION=8",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "NODE_ADDON_API_DISABLE_DEPRECATED",
        "NODE_ADDON_API_ENABLE_MAYBE"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "conditions": [
        ["werror==1", { "cflags": ["-Werror"] }],
        ["sanitize!=''", {
          "cflags": ["-fsanitize=<(sanitize)", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all", "-g"],
          "ldflags": ["-fsanitize=<(sanitize)"]
        }],
        ["OS=='linux' and (target_arch=='x64' or target_arch=='arm64')", {
          "defines": ["_GNU_SOURCE", "_FILE_OFFSET_BITS=64"],
          # Never unloaded, not even when the worker ends that was the only one to load it: its threads and its table of
          # ranges belong to the process.
          "ldflags": ["-Wl,-z,nodelete"],
          "sources": [
            "src-native/addon.cc",
            "src-native/advise.cc",
            "src-native/allocate.cc",
            "src-native/areas.cc",
            "src-native/background.cc",
            "src-native/bell.cc",
            "src-native/constants.cc",
            "src-native/copy.cc",
            "src-native/descriptor.cc",
            "src-native/direct.cc",
            "src-native/environment.cc",
            "src-native/extents.cc",
            "src-native/flush.cc",
            "src-native/lease.cc",
            "src-native/leases.cc",
            "src-native/listener.cc",
            "src-native/lock.cc",
            "src-native/mailbox.cc",
            "src-native/map.cc",
            "src-native/memfd.cc",
            "src-native/placeholder.cc",
            "src-native/populate.cc",
            "src-native/probe.cc",
            "src-native/ranges.cc",
            "src-native/share.cc",
            "src-native/store.cc",
            "src-native/stranger.cc",
            "src-native/sync.cc",
            "src-native/thread.cc",
            "src-native/watches.cc",
            "src-native/window.cc",
            "src-native/windows.cc"
          ],
          "conditions": [
            ["target_arch=='x64'", { "sources": ["src-native/arch/x86_64/cpu.cc", "src-native/arch/x86_64/lines.cc", "src-native/arch/x86_64/stores.cc"] }],
            ["target_arch=='arm64'", { "sources": ["src-native/arch/aarch64/cpu.cc", "src-native/arch/aarch64/lines.cc", "src-native/arch/aarch64/stores.cc"] }]
          ]
        }, {
          "sources": ["src-native/unsupported.cc"]
        }]
      ]
    }
  ]
}
