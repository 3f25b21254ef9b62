"""Finds out whether mozjs is installed; see README.md."""

def _mozjs_repository_impl(repository_ctx):
    found = repository_ctx.path("/usr/include/mozjs-102/jsapi.h").exists
    repository_ctx.file("BUILD.bazel", "")
    repository_ctx.file("defs.bzl", "MOZJS = {}\n".format(found))

mozjs_repository = repository_rule(
    implementation = _mozjs_repository_impl,
    doc = "defs.bzl with MOZJS: whether the headers of mozjs 102 are installed.",
    # Looked at again when Bazel's server starts, and by `bazel sync --configure`.
    configure = True,
    local = True,
)
