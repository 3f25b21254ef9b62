#!/usr/bin/env bash
# Runs one Python test from the root of its runfiles, with imports resolved from there. See python_test.bzl.
set -euo pipefail
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=. exec python3 "$@"
