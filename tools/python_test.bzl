"""Python tests without Bazel's own Python rules.

Bazel 4's py_test starts `python`, which Debian 12 does not have; it has `python3`.
"""

def python_test(name, src, args = [], data = [], **kwargs):
    """A test that runs a Python script from the root of the repository.

    Args:
      name: of the test.
      src: the script; it may import modules that are in `data` by their path from the root.
      args: of the script.
      data: modules and files that it reads.
      **kwargs: of sh_test.
    """
    native.sh_test(
        name = name,
        srcs = ["//tools:python_test.sh"],
        args = ["$(rootpath %s)" % src] + args,
        data = [src] + data,
        **kwargs
    )
