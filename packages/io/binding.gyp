{
  "variables": { "treadle_asan%": 0 },
  "targets": [
    {
      "target_name": "treadle_io",
      "sources": [
        "native/module.cc",
        "native/environment.cc",
        "native/reactor.cc",
        "native/host_watch.cc",
        "native/signal_hub.cc",
        "native/signals.cc",
        "native/unparker.cc",
        "native/uv_selector.cc",
        "native/syscalls.cc",
        "native/net_syscalls.cc",
        "native/address.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS"],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti"],
      "conditions": [
        [
          "OS=='linux'",
          {
            "sources": ["native/epoll_selector.cc"],
            # A close callback may run after the last environment has let go of the library.
            "ldflags": ["-Wl,-z,nodelete"]
          }
        ],
        [
          "OS=='mac'",
          {
            "xcode_settings": {
              "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
              "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
              "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
              "OTHER_CFLAGS": ["-Wall", "-Wextra"],
              "MACOSX_DEPLOYMENT_TARGET": "11.0"
            }
          }
        ],
        [
          "treadle_asan==1",
          {
            "cflags": ["-fsanitize=address", "-fno-omit-frame-pointer", "-g"],
            "ldflags": ["-fsanitize=address"]
          }
        ]
      ]
    }
  ]
}
