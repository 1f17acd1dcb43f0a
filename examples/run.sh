#!/bin/sh
# The example from an empty folder: import, one problem put right and closed, then the night of 2023-10-16.
# Used by `make run`; the folder is the first argument, VENV the environment.
set -eu
export XIAOHAO_HOME="$1"
cd "$(dirname "$0")/.."
xiaohao() {
    printf '\n$ xiaohao %s\n' "$*"
    "$VENV/bin/xiaohao" "$@"
}

xiaohao import examples/hualong-2023.xlsx --date 2023-09-28
xiaohao nightly --date 2023-10-16
