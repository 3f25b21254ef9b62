"""The system's Abseil as one target per library, under the names of Abseil's own packages."""

# Debian ships Abseil as some sixty shared libraries whose inline functions call into each other, so the closure of one is
# most of them. --as-needed keeps what a binary really uses. Names come from `pkg-config --libs`.
_LIBRARIES = [
    "statusor",
    "status",
    "cord",
    "cordz_info",
    "cord_internal",
    "cordz_functions",
    "exponential_biased",
    "cordz_handle",
    "hash",
    "city",
    "low_level_hash",
    "raw_hash_set",
    "hashtablez_sampler",
    "synchronization",
    "graphcycles_internal",
    "time",
    "civil_time",
    "time_zone",
    "bad_optional_access",
    "bad_variant_access",
    "bad_any_cast_impl",
    "stacktrace",
    "str_format_internal",
    "strerror",
    "symbolize",
    "debugging_internal",
    "demangle_internal",
    "malloc_internal",
    "strings",
    "strings_internal",
    "base",
    "spinlock_wait",
    "int128",
    "throw_delegate",
    "raw_logging_internal",
    "log_severity",
]

def absl_libraries(name, libraries):
    """Declares one cc_library for each library; all link the same closure.

    Args:
      name: of the private target that carries the link options.
      libraries: Abseil's target names.
    """
    native.cc_library(
        name = name,
        linkopts = ["-Wl,--push-state,--as-needed"] +
                   ["-labsl_" + library for library in _LIBRARIES] +
                   ["-Wl,--pop-state"],
        visibility = ["//visibility:private"],
    )
    for library in libraries:
        native.cc_library(
            name = library,
            deps = [":" + name],
        )
