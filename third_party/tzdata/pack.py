"""Writes compiled time zones as one C++ header.

usage: pack.py VERSION_FILE DIRECTORY

VERSION_FILE is tzdata.zi, whose first line names the version; DIRECTORY is what zic has made of it.
"""

import pathlib
import sys


def main():
    source, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    with open(source, encoding="ascii") as lines:
        version = lines.readline().split()[-1]
    # Aliases are files of the same bytes: kept once.
    offsets = {}
    bytes_of_all = bytearray()
    print("// Made by pack.py: see README.md beside it.")
    print("#ifndef PAWL_THIRD_PARTY_TZDATA_ZONE_DATA_H_\n#define PAWL_THIRD_PARTY_TZDATA_ZONE_DATA_H_\n")
    print("#include <cstddef>\n#include <string_view>\n\nnamespace pawl::tzdata {\n")
    print(f'inline constexpr std::string_view kVersion = "{version}";\n')
    print("// One compiled zone (RFC 8536): `size` of kBytes from `offset` on.")
    print("struct Zone {\n  std::string_view name;\n  size_t offset;\n  size_t size;\n};")
    print("// By name, ascending.\ninline constexpr Zone kZones[] = {")
    files = {str(path.relative_to(directory)): path for path in directory.rglob("*") if path.is_file()}
    for name in sorted(files):
        # zic's way of saying that nobody has set a zone.
        if name == "Factory":
            continue
        data = files[name].read_bytes()
        if data not in offsets:
            offsets[data] = len(bytes_of_all)
            bytes_of_all += data
        print(f'    {{"{name}", {offsets[data]}, {len(data)}}},')
    print("};\ninline constexpr char kBytes[] =")
    for start in range(0, len(bytes_of_all), 32):
        print('    "' + "".join(f"\\{byte:03o}" for byte in bytes_of_all[start:start + 32]) + '"')
    print("    ;\n\n}  // namespace pawl::tzdata\n\n#endif  // PAWL_THIRD_PARTY_TZDATA_ZONE_DATA_H_")


if __name__ == "__main__":
    main()
