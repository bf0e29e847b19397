#!/usr/bin/env bash
# ganrt on this machine's NVIDIA GPU, measured: one archive. For a rented box as it comes; options: --help.
set -euo pipefail
cd "$(dirname "$0")/.."
for python in python3.12 python3.11 python3.13 python3.10 python3; do
  command -v "$python" >/dev/null && "$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null &&
    exec "$python" tools/gpu_report.py "$@"
done
echo "no Python 3.10 to 3.13 with venv: apt-get install python3-venv" >&2
exit 3
