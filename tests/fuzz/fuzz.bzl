"""A fuzz target: a function of targets.h, its library, its libFuzzer binary, its corpus and its regressions."""

def fuzz_target(name, function, deps, srcs = []):
    """Makes :NAME (the library) and :NAME_fuzz (the fuzzer, for --config=fuzz; run it with tools/fuzz NAME SECONDS)."""
    native.cc_library(
        name = name,
        testonly = True,
        srcs = [name + "_target.cc"] + srcs,
        hdrs = ["targets.h"],
        deps = deps,
    )
    native.cc_binary(
        name = name + "_fuzz",
        testonly = True,
        srcs = ["fuzzer_main.cc"],
        copts = ["-DPAWL_FUZZ_TARGET=" + function],
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [":" + name, "//base:check"],
    )
