#!/bin/sh
# The example from an empty folder: a ledger is imported, one problem is put right, verified and closed,
# and the night of 2023-10-16 runs. `make run` calls this with the folder; VENV names the environment.
set -eu
mkdir -p "$1"
XIAOHAO_HOME="$(cd "$1" && pwd)"
export XIAOHAO_HOME
cd "$(dirname "$0")/.."

xiaohao() {
    printf '\n$ xiaohao %s\n' "$*"
    "${VENV:-.venv}/bin/xiaohao" "$@"
}

xiaohao import examples/hualong-2023.xlsx --date 2023-09-28

xiaohao measure done HL-2023-0004 1 --by HL0024 --date 2023-10-07
xiaohao measure done HL-2023-0004 2 --by HL0024 --date 2023-10-07
xiaohao evidence add HL-2023-0004 examples/一次性告知单.txt --by HL0024 --date 2023-10-07
xiaohao close apply HL-2023-0004 --by HL0024 --date 2023-10-07
xiaohao close verify HL-2023-0004 --by HL0018 --date 2023-10-09

xiaohao nightly --date 2023-10-16
