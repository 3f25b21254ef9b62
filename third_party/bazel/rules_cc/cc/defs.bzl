"""The C++ rules that are built into Bazel 4, under the names rules_cc gives them.

Bazel's own packages load @rules_cc, which Bazel would fetch from the network; Debian's
package of it is too new for Debian's Bazel. See docs in //third_party/bazel:README.md.
"""

cc_binary = native.cc_binary
cc_import = native.cc_import
cc_library = native.cc_library
cc_proto_library = native.cc_proto_library
cc_test = native.cc_test
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
fdo_prefetch_hints = native.fdo_prefetch_hints
fdo_profile = native.fdo_profile
objc_import = native.objc_import
objc_library = native.objc_library
