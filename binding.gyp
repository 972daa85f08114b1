{
  "variables": {
    # 1 in our own builds (npm run build:native). On other machines a newer compiler must not fail because of a new warning.
    "werror%": 0,
    # For example "address,undefined": scripts/test-asan.js.
    "sanitize%": "",
    # 1 for the binaries that the package ships (npm run build:prebuilds): they run on an older glibc, without libstdc++.
    "prebuilt%": 0
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
      "include_dirs": ["src-native", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "conditions": [
        ["werror==1", { "cflags": ["-Werror"] }],
        ["sanitize!=''", {
          "cflags!": ["-O3"],
          "cflags": ["-O1", "-fsanitize=<(sanitize)", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all", "-g"],
          "ldflags": ["-fsanitize=<(sanitize)"]
        }],
        ["OS=='linux' and (target_arch=='x64' or target_arch=='arm64')", {
          "defines": ["_GNU_SOURCE", "_FILE_OFFSET_BITS=64"],
          # The library is never unloaded, even if a worker was the only one to load it and has ended: its threads and its
          # table of ranges belong to the process.
          "ldflags": ["-Wl,-z,nodelete"],
          "sources": [
            "src-native/addon.cc",
            "src-native/environment.cc",

            "src-native/file/allocate.cc",
            "src-native/file/copy.cc",
            "src-native/file/descriptor_exports.cc",
            "src-native/file/extents.cc",
            "src-native/file/lock.cc",
            "src-native/file/memfd.cc",
            "src-native/file/status.cc",

            "src-native/futex/futex_exports.cc",
            "src-native/futex/futex_syscalls.cc",
            "src-native/futex/waiter_table.cc",
            "src-native/futex/waiter_thread.cc",

            "src-native/lease/event_thread.cc",
            "src-native/lease/fault_notices.cc",
            "src-native/lease/lease_exports.cc",
            "src-native/lease/lease_state.cc",
            "src-native/lease/lease_syscalls.cc",
            "src-native/lease/lease_table.cc",
            "src-native/lease/listener.cc",
            "src-native/lease/watches.cc",

            "src-native/memory/advise.cc",
            "src-native/memory/areas.cc",
            "src-native/memory/earlier_handlers.cc",
            "src-native/memory/fault_exports.cc",
            "src-native/memory/fault_guard.cc",
            "src-native/memory/fault_log.cc",
            "src-native/memory/fault_reason.cc",
            "src-native/memory/map.cc",
            "src-native/memory/placeholder.cc",
            "src-native/memory/populate.cc",
            "src-native/memory/ranges.cc",
            "src-native/memory/share.cc",
            "src-native/memory/shared_windows.cc",
            "src-native/memory/unmap_batch.cc",
            "src-native/memory/window_exports.cc",
            "src-native/memory/window_list.cc",

            "src-native/persist/flush.cc",
            "src-native/persist/store.cc",
            "src-native/persist/sync.cc",

            "src-native/probe/constants.cc",
            "src-native/probe/probe.cc",
            "src-native/probe/try_direct.cc",

            "src-native/rdma/completion_thread.cc",
            "src-native/rdma/device.cc",
            "src-native/rdma/domain.cc",
            "src-native/rdma/endpoint.cc",
            "src-native/rdma/rdma_exports.cc",
            "src-native/rdma/region.cc",
            "src-native/rdma/region_exports.cc",
            "src-native/rdma/send_queue.cc",
            "src-native/rdma/verbs.cc",

            "src-native/registration/fence.cc",
            "src-native/registration/ledger.cc",
            "src-native/registration/plain.cc",
            "src-native/registration/registration_exports.cc",

            "src-native/thread/background.cc",
            "src-native/thread/counts.cc",
            "src-native/thread/mailbox.cc",
            "src-native/thread/poll_thread.cc",
            "src-native/thread/thread.cc",

            "src-native/uring/ring.cc",
            "src-native/uring/uring_exports.cc",
            "src-native/uring/uring_syscalls.cc"
          ],
          "conditions": [
            ["prebuilt==1", {
              "sources": ["src-native/prebuilt/old_glibc.cc"],
              "cflags": ["-ffile-prefix-map=<(module_root_dir)=.", "-ffunction-sections", "-fdata-sections"],
              "ldflags": [
                "-static-libstdc++",
                "-static-libgcc",
                "-Wl,--gc-sections",
                "-Wl,--version-script=<(module_root_dir)/src-native/prebuilt/exports.map"
              ]
            }],
            ["prebuilt==1 and target_arch=='x64'", {
              "defines": ["GLIBC_FIRST=\"GLIBC_2.2.5\"", "GLIBC_SETCLOCK=\"GLIBC_2.3.3\""]
            }],
            ["prebuilt==1 and target_arch=='arm64'", {
              "defines": ["GLIBC_FIRST=\"GLIBC_2.17\"", "GLIBC_SETCLOCK=\"GLIBC_2.17\""]
            }],
            ["target_arch=='x64'", {
              "sources": [
                "src-native/memory/arch/x86_64/fault_access.cc",
                "src-native/persist/arch/x86_64/cpu.cc",
                "src-native/persist/arch/x86_64/lines.cc",
                "src-native/persist/arch/x86_64/stores.cc"
              ]
            }],
            ["target_arch=='arm64'", {
              "sources": [
                "src-native/memory/arch/aarch64/fault_access.cc",
                "src-native/persist/arch/aarch64/cpu.cc",
                "src-native/persist/arch/aarch64/lines.cc",
                "src-native/persist/arch/aarch64/stores.cc"
              ]
            }]
          ]
        }, {
          "sources": ["src-native/unsupported.cc"]
        }]
      ]
    }
  ],
  "conditions": [
    # Single steps need the trap flag of x86_64. The binary of the package is one file: prebuilt=1 leaves this out.
    ["OS=='linux' and target_arch=='x64' and prebuilt==0", {
      "targets": [
        {
          # Only `trace: 'exact'` of mapdirect/testing loads it: it takes SIGSEGV and SIGTRAP.
          "target_name": "mapdirect_trace",
          "defines": [
            "NAPI_VERSION=8",
            "NAPI_DISABLE_CPP_EXCEPTIONS",
            "NODE_ADDON_API_DISABLE_DEPRECATED",
            "NODE_ADDON_API_ENABLE_MAYBE",
            "_GNU_SOURCE"
          ],
          "include_dirs": ["src-native", "<!(node -p \"require('node-addon-api').include_dir\")"],
          "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden"],
          "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti"],
          "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
          # Its handlers must not be unloaded with the last thread that has loaded it.
          "ldflags": ["-Wl,-z,nodelete"],
          "sources": ["src-native/trace/stepper.cc", "src-native/trace/trace_exports.cc", "src-native/trace/trace_log.cc"],
          "conditions": [["werror==1", { "cflags": ["-Werror"] }]]
        }
      ]
    }]
  ]
}
