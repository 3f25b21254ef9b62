#!/usr/bin/env bash
# Runs a workload with a handful of instances and looks at the line that it prints, so that the harness can't rot.
#   smoke_test.sh PAWL_BENCH WORKLOAD DURABILITY
set -euo pipefail

line=$("$1" --workload="$2" --durability="$3" --instances=40 --in-flight=10 --json --dir="${TEST_TMPDIR:-/tmp}")
echo "$line"

fields="workload durability partitions instances instances_per_s steps_per_s events_per_s records_per_s raw_records_per_s
  ratio_to_raw bytes_per_event fsyncs cpu_s step_p50_us step_p99_us rss_mb"
[[ $2 == W4 ]] && fields+=" open_ms first_ms all_ms"
for field in $fields; do
  if ! grep -q "\"$field\": " <<<"$line"; then
    echo "FAILED: the line has no $field"
    exit 1
  fi
done
# Something was measured.
for field in instances_per_s steps_per_s events_per_s records_per_s raw_records_per_s step_p50_us; do
  if ! grep -Eq "\"$field\": [1-9]" <<<"$line"; then
    echo "FAILED: $field is nothing"
    exit 1
  fi
done
grep -q "\"workload\": \"$2\", \"durability\": \"$3\", \"partitions\": 1, \"instances\": 40," <<<"$line"
