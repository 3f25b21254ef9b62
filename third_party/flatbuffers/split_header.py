#!/usr/bin/env python3
"""Moves the bodies of functions that need not be inline out of the header that flatc makes, into a source file: every file of
the engine includes such a header, and compiling those bodies in each was three quarters of its time.

usage: split_header.py FLATC_HEADER HEADER SOURCE INCLUDED_AS
"""

import re
import sys

# Copies, comparisons, and what turns plain structs (`XT`) to bytes and back.
_MEMBER = re.compile(
    r"inline (?:"
    r"\w+::\w+\(const \w+ &"
    r"|\w+ &\w+::operator=\("
    r"|void \w+Union::Reset\("
    r"|[\w:<>]+ ?\*?\w+::(?:UnPack|Pack)\("
    r"|void \w+::UnPackTo\("
    r")"
)
_FUNCTION = re.compile(
    r"inline (?:"
    r"bool operator[!=]=\("
    r"|flatbuffers::Offset<\w+> Create\w+\(flatbuffers::FlatBufferBuilder &_fbb, const \w+T \*_o,"
    r"|bool Verify\w+\(flatbuffers::Verifier &verifier, "
    r")"
)


def split(text):
    header, source = [], []
    lines = iter(text.split("\n"))
    for line in lines:
        if line.startswith("namespace") or line.startswith("}  // namespace"):
            source.append(line)
        is_member = _MEMBER.match(line)
        if line.endswith(";") or not (is_member or _FUNCTION.match(line)):
            header.append(line)
            continue
        if not is_member:
            # A second declaration is none; some have no first one.
            header.append(line.removeprefix("inline ").removesuffix(" {") + ";")
        source.append(line.removeprefix("inline "))
        while line != "}":
            line = next(lines)
            source.append(line)
        source.append("")
    return "\n".join(header), "\n".join(source)


def main(flatc_header, header_path, source_path, included_as):
    with open(flatc_header, encoding="utf-8") as file:
        header, source = split(file.read())
    with open(header_path, "w", encoding="utf-8") as file:
        file.write(header)
    with open(source_path, "w", encoding="utf-8") as file:
        file.write(f'#include "{included_as}"\n\n{source}\n')


if __name__ == "__main__":
    main(*sys.argv[1:])
