#!/usr/bin/env bash
# Makes a small store twice over and looks back at what is in it.
#   big_store_smoke_test.sh BIG_STORE LOOK_BACK
set -euo pipefail

data="${TEST_TMPDIR:-/tmp}/big_store"
"$1" --completed 30 --waiting 20 --data "$data" | tee /dev/stderr | grep -q "^30 completed, 20 active, "
"$1" --completed 5 --waiting 0 --data "$data" | tee /dev/stderr | grep -q "^35 completed, 20 active, "
"$2" --data "$data" --looks 50 | tee /dev/stderr | grep -c "median" | grep -qx 4
if "$2" --data "$data-of-nobody" 2>/dev/null; then
  echo "FAILED: looked into a store that isn't there"
  exit 1
fi
if "$1" --completed x --data "$data" 2>/dev/null; then
  echo "FAILED: took a number that is none"
  exit 1
fi
