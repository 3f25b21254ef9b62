#!/usr/bin/env bash
# Runs every micro benchmark for a moment.
#   micro_smoke_test.sh MICRO
set -euo pipefail

output=$(TMPDIR="${TEST_TMPDIR:-/tmp}" "$1" --benchmark_min_time=0.001)
echo "$output"
for case in Fold Decide Append ColdFold; do
  if ! grep -q "^$case" <<<"$output"; then
    echo "FAILED: no case $case"
    exit 1
  fi
done
