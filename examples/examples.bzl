"""Example programs: each is a binary that people run, and a test that runs it."""

def example(name, last_line, data = []):
    """A program with its test.

    Args:
      name: of the program; its source is name.cc, its test name_test.
      last_line: of what it prints.
      data: the .bpmn files that it reads.
    """
    native.cc_binary(
        name = name,
        srcs = [name + ".cc"],
        data = data,
        deps = ["//engine"],
    )
    native.sh_test(
        name = name + "_test",
        size = "small",
        srcs = ["example_test.sh"],
        args = [
            "$(location :%s)" % name,
            "'%s'" % last_line,
        ],
        data = [":" + name],
    )
