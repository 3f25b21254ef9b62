"""Turns FlatBuffers schemas into C++ libraries; generated code is never committed."""

_SPLIT = "//third_party/flatbuffers:split_header.py"

def pawl_fbs_library(name, src, deps = [], visibility = None):
    """A cc_library with the header that flatc makes of one schema.

    Args:
      name: `<base>_fbs` by convention; include the header as "<package>/<base>_generated.h".
      src: the schema, `<base>.fbs`. It includes others by their path from the root of the repository:
        `include "schemas/other.fbs";`.
      deps: a pawl_fbs_library for each schema that `src` includes.
      visibility: of the library and of `<name>_schema`, the binary schema (.bfbs) that tools reflect on.
    """
    base = src[:-len(".fbs")]

    # Every schema flatc has to see: its own and all that it includes.
    native.filegroup(
        name = name + "_srcs",
        srcs = [src] + [_srcs_of(dep) for dep in deps],
        visibility = visibility,
    )
    native.genrule(
        name = name + "_header",
        srcs = [
            src,
            name + "_srcs",
        ],
        outs = [
            base + "_generated.h",
            base + "_generated.cc",
        ],
        cmd = " ".join([
            "whole=$$(mktemp -d) &&",
            "flatc --cpp --cpp-std c++17 --scoped-enums",
            # Object API: records are built and compared as plain structs.
            "--gen-object-api --gen-compare --cpp-ptr-type std::unique_ptr",
            "-I . --keep-prefix -o $$whole $(location %s) &&" % src,
            "python3 $(location %s) $$whole/%s_generated.h $(OUTS)" % (_SPLIT, base),
            native.package_name() + "/%s_generated.h &&" % base,
            "rm -r $$whole",
        ]),
        tools = [_SPLIT],
        message = "Generating C++ of",
        visibility = ["//visibility:private"],
    )
    native.genrule(
        name = name + "_schema",
        srcs = [
            src,
            name + "_srcs",
        ],
        outs = [base + ".bfbs"],
        cmd = "flatc --binary --schema -I . -o $(RULEDIR) $(location %s)" % src,
        message = "Compiling",
        visibility = visibility,
    )
    native.cc_library(
        name = name,
        srcs = [base + "_generated.cc"],
        hdrs = [base + "_generated.h"],
        visibility = visibility,
        deps = deps + ["//third_party/flatbuffers"],
    )

def _srcs_of(dep):
    if ":" in dep:
        return dep + "_srcs"
    return dep + ":" + dep.split("/")[-1] + "_srcs"
