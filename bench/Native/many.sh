#!/bin/bash
# Counts the instructions of an address in calls of many and in calls of one through the C ABI, under callgrind: the difference between few
# and many turns, as bench/count.sh has it.
# Needs gcc, valgrind, and the library: dotnet publish src/Native -c Release --use-current-runtime -o artifacts/native, or NATIVE, where it is.
set -euo pipefail
cd "$(dirname "$0")/../.."
# The runtime reserves more address space than valgrind can give it.
export DOTNET_GCHeapHardLimit=0x10000000
native=${NATIVE:-$PWD/artifacts/native}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
places=256 few=10 many=110
gcc -std=gnu11 -O2 -Wall -Wextra -I "$native/include" -o "$work/many" bench/Native/many.c -L "$native/lib" -lxept "-Wl,-rpath,$native/lib"

# turns MODE TIMES: instructions of the whole program.
turns() {
  valgrind --tool=callgrind --callgrind-out-file="$work/out" "$work/many" "$1" "$2" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  awk '/^(totals|summary):/ { print $2; exit }' "$work/out"
}

for mode in translate walker walker-many access access-many; do
  awk -v mode="$mode" -v few="$(turns "$mode" "$few")" -v many="$(turns "$mode" "$many")" -v calls=$(((many - few) * places)) \
    'BEGIN { printf "%s: %.0f instructions an address\n", mode, (many - few) / calls }'
done
