#!/bin/bash
# What the way through the preloaded library costs a program beyond the engine's own time (bench/RenderNode/preload.c).
# preload.sh [MOST]: with MOST it fails when a median is above so many nanoseconds.
# Needs gcc, and the library: dotnet publish src/Native -c Release --use-current-runtime -o artifacts/native, or NATIVE, where it is.
# ROUNDS: how often, 20000 without it.
set -e
cd "$(dirname "$0")/../.."
native=${NATIVE:-$PWD/artifacts/native}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile="gcc -std=gnu11 -O2 -Wall -Wextra"
$compile ${ROUNDS:+-DROUNDS=$ROUNDS} -o "$work/preload" bench/RenderNode/preload.c
ln -s "$native/lib/libxept-rendernode.so" "$native/lib/libxept-record.so" "$work"
$compile -fPIC -shared -fvisibility=hidden -I "$native/include" -o "$work/libxept.so.1" bench/RenderNode/direct.c \
  -L "$native/lib" -Wl,--no-as-needed -l:libxept.so.1 "-Wl,-rpath,$native/lib"
dotnet run --project src/Cli -c Release ${NO_BUILD:+--no-build} -- exec --library "$work" -- "$work/preload" "$@"
