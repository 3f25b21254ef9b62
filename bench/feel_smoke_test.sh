#!/usr/bin/env bash
# Runs every FEEL benchmark for a moment; Condition stops the program when it allocates.
#   feel_smoke_test.sh FEEL_BENCH
set -euo pipefail

output=$("$1" --benchmark_min_time=0.001)
echo "$output"
for case in Condition Filter1000 FilterCount1000 Parse200 ConditionFromText; do
  if ! grep -q "^$case " <<<"$output"; then
    echo "FAILED: no case $case"
    exit 1
  fi
done
