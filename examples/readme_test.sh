#!/usr/bin/env bash
# Runs the embedding example of README.md in a folder of its own, twice: the second time its store is there already.
#   readme_test.sh BINARY
set -euo pipefail

binary=$PWD/$1
ln -s "$PWD/examples" "$TEST_TMPDIR/examples"
cd "$TEST_TMPDIR"
for time in first second; do
  output=$("$binary")
  if [[ $output != "paid 20" ]]; then
    echo "FAILED the $time time: wanted 'paid 20', got '$output'"
    exit 1
  fi
done
lines=$(wc -l <"${binary%/*}/readme_example.cc")
if ((lines > 20)); then
  echo "FAILED: the embedding example has grown to $lines lines"
  exit 1
fi
