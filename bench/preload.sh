#!/bin/bash
# What the way through the preloaded library costs a program beyond the engine's own time (bench/preload.c).
# preload.sh [MOST]: with MOST it fails when a median is above so many nanoseconds.
# Needs gcc, and the library: dotnet publish src/Native -c Release --use-current-runtime -o artifacts/native
set -e
cd "$(dirname "$0")/.."
native=$PWD/artifacts/native
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -std=gnu11 -O2 -Wall -Wextra -I "$native/include" -o "$work/preload" bench/preload.c -L "$native/lib" -lxept "-Wl,-rpath,$native/lib"
dotnet run --project src/Cli -c Release ${NO_BUILD:+--no-build} -- exec --library "$native/lib" -- "$work/preload" "$@"
