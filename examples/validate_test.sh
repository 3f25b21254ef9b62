#!/usr/bin/env bash
# Every model here is executable, and validation has no advice to give.
#   validate_test.sh PAWL FILE...
set -euo pipefail

pawl=$PWD/$1
shift
cd examples
"$pawl" validate --strict "$@"
