#!/usr/bin/env bash
# Times of the tree as it is against those of an older commit: builds XePt.Times with both, runs them by turns, and prints for each line the best of all
# runs, in nanoseconds. Both are compiled just in time, as embedders run the library.
#
#   bench/times.sh COMMIT [PART-OF-A-NAME...]      for example: bench/times.sh v0.1.0 'bind+unbind 4K' fault
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
(($#)) || { sed -n '2,/^set/{/^#/p}' "$0" >&2; exit 2; }
commit=$(git rev-parse "$1^{commit}") && shift

out=$PWD/artifacts/times
mkdir -p "$out"
rm -rf "$out"/{before,after}.txt
[[ -d $out/tree ]] || git worktree add --detach "$out/tree" "$commit"
git -C "$out/tree" checkout -q --detach "$commit"
rm -rf "$out/tree/bench/XePt.Times"
mkdir -p "$out/tree/bench/XePt.Times"
cp bench/XePt.Times/*.cs bench/XePt.Times/*.csproj "$out/tree/bench/XePt.Times"

build() { (cd "$1" && dotnet build bench/XePt.Times -c Release -p:RunAnalyzers=false -o "$2" > "$out/build.log") || { cat "$out/build.log"; exit 1; }; }
build "$out/tree" "$out/before"
build "$PWD" "$out/after"
for _ in 1 2 3; do
  for side in before after; do
    dotnet "$out/$side/XePt.Times.dll" "$@" >> "$out/$side.txt"
  done
done

awk -F'\t' '
  FNR == 1 { side++ }
  !($2 in seen) { seen[$2] = 1; order[++lines] = $2 }
  !((side, $2) in best) || $1 < best[side, $2] { best[side, $2] = $1 }
  END {
    printf "%12s %12s %8s\n", "before ns", "after ns", "faster"
    for (i = 1; i <= lines; i++)
      printf "%12.1f %12.1f %7.2fx  %s\n", best[1, order[i]], best[2, order[i]], best[1, order[i]] / best[2, order[i]], order[i]
  }' "$out/before.txt" "$out/after.txt"
