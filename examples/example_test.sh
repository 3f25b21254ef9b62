#!/usr/bin/env bash
# Runs an example three times: with its store in memory, with a new one on disk, and with the one that is there now. Its exit
# code must be 0 and its last line the given one.
#   example_test.sh BINARY LAST-LINE
set -euo pipefail

check() {
  local output
  if ! output=$("$@"); then
    echo "FAILED: $* exits with an error; it had printed:"
    echo "$output"
    exit 1
  fi
  if [[ $(tail -n 1 <<<"$output") != "$last_line" ]]; then
    echo "FAILED: $* should have ended with '$last_line'; it printed:"
    echo "$output"
    exit 1
  fi
}

last_line=$2
check "$1"
check "$1" "$TEST_TMPDIR/data"
check "$1" "$TEST_TMPDIR/data"
