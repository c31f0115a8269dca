#!/usr/bin/env bash
# Counts the instructions of a bind and unbind: publishes XePt.Count as native code, runs it under callgrind with few and with many
# pairs of calls, and divides the difference, so that start-up and first-time work drop out. Two runs differ by less than 1 %.
#
#   bench/count.sh [--top N] [--hot] [--no-events] [--check | --update | --check-events] [SCENARIO...]
#                                                       scenarios: 4k 4k-recorded array-4k (100 at once) waiting-4k 2m-as-4k 2m-recorded 1g-as-4k
#                                                       1g-scattered fill-2m
#                                                       random-1k random-100k (a page at random among so many VMAs)
#                                                       fault-4k fault-64k fault-2m migrate-64k migrate-2m refault-64k valid-64k
#                                                       crowd-evicted crowd-handles crowd-vram crowd-vms (beside 4 000 others);
#                                                       without one those of binds
#
#   --top N   also the N functions with most instructions of their own, and the N with most including what they call (functions that
#             call themselves by way of others are counted more than once there)
#   --check   fails when a pair takes over 1 % more instructions, or any more interlocked operations, than bench/count.baseline says; with
#             --hot also when a bind runs over 1 % more bytes of code (lines that end in :hot). Also when it takes less than nine tenths of
#             the instructions or the code, or half of the interlocked operations: then something was not counted, or the baseline is an old one
#   --update  writes what it counted into bench/count.baseline; lines of other scenarios stay
#             (crowds are about growth: their lines there have a tenth more, for what they allocate is collected now and then; so have
#             those of hot code, which moves from one cache line into the next with whatever lies before it)
#   --no-events  publishes without the event source
#   --check-events  counts with the event source and without it, and fails when a pair differs by over 0.2 %: what nobody listens to is free
#   --hot     also the code that each bind of the scenario runs, in cache lines of 64 bytes
#
# Per pair: all instructions; those of the bind; those of the unbind; of both, those of the fills, that is of the functions that write the entries
# of tables (PteBlock) and of those that move or clear memory (memset, memmove and their managed twins). "Besides the fills" is the first less the last.
# Interlocked are the instructions with a lock prefix and the exchanges with memory.
# Valgrind has no AVX-512: what is counted is the AVX2 tier, compiled as x86-64-v3.
# Needs valgrind, gcc and binutils.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# The runtime reserves more address space than valgrind can give it.
export DOTNET_GCHeapHardLimit=0x10000000

top=0 hot=0 events=true gate= scenarios=()
while (($#)); do
  case $1 in
    --top) top=$2 && shift ;;
    --hot) hot=1 ;;
    --no-events) events=false ;;
    --check | --update | --check-events) gate=$1 ;;
    -*) sed -n '2,/^set/{/^#/p}' "$0" >&2 && exit 2 ;;
    *) scenarios+=("$1") ;;
  esac
  shift
done
((${#scenarios[@]})) || scenarios=(4k 2m-as-4k 1g-as-4k 1g-scattered fill-2m)

baseline=bench/count.baseline
out=artifacts/count
mkdir -p "$out"
dotnet publish bench/XePt.Count -c Release -r linux-x64 -p:CountNative=true "-p:EventSourceSupport=$events" -o "$out/bin" > "$out/publish.log" || { cat "$out/publish.log"; exit 1; }
# Valgrind does not understand this debug information; the symbols stay.
strip --strip-debug "$out/bin/XePt.Count"

# count SCENARIO PAIRS FILE [OPTION...]
count() {
  valgrind --tool=callgrind --dump-instr=yes --compress-strings=no --compress-pos=no --callgrind-out-file="$3" "${@:4}" \
    "$out/bin/XePt.Count" "$1" "$2" > "$out/valgrind.log" 2>&1 || { cat "$out/valgrind.log"; exit 1; }
}

# find_interlocked FILE: addresses of interlocked instructions, as callgrind writes them. It knows the runtime's own code by the file, and
# managed code, which has no debug information that it reads, by where the file was loaded.
find_interlocked() {
  local symbol seen
  symbol=$(nm "$out/bin/XePt.Count" | awk '/ t .*Scenario__Bind$/ { print $1 }')
  seen=$(awk '/^fn=.*Scenario__Bind$/ { found = 1; next } /^fn=/ { found = 0 } found && /^0x/ { print $1; exit }' "$1")
  # Not by objdump's own option: moved away from its symbols it disassembles the bytes between functions, and gets out of step.
  objdump -d --no-show-raw-insn "$out/bin/XePt.Count" | awk -v offset=$((seen - 0x$symbol)) '
    function number(hex, digit, value) {
      for (digit = 1; digit <= length(hex); digit++)
        value = value * 16 + index("0123456789abcdef", substr(hex, digit, 1)) - 1
      return value
    }
    /^ +[0-9a-f]+:/ && (/\tlock / || (/\txchg/ && /\(/)) { sub(":", "", $1); printf "own+0x%s\n???+0x%x\n", $1, number($1) + offset }'
}

# interlocked FILE: how many a run did.
interlocked() {
  awk '
    NR == FNR { is[$1] = 1; next }
    /^ob=/ { object = /XePt.Count$/ ? "own" : substr($0, 4) }
    /^calls=/ { getline; next }
    /^0x/ && (object "+" $1) in is { count += $3 }
    END { print count + 0 }' "$out/interlocked" "$1"
}

# Function, own instructions, instructions including calls of other functions. Callgrind adds '2 to functions inside themselves.
functions='
  function name(text) { sub(/\047[0-9]+$/, "", text); return text }
  /^fn=/ { fn = name(substr($0, 4)) }
  /^cfn=/ { callee = name(substr($0, 5)) }
  /^calls=/ { getline; if (callee != fn) calls[fn] += $3; next }
  /^0x/ { own[fn] += $3 }
  END { for (fn in own) printf "%s\t%.0f\t%.0f\n", fn, own[fn], own[fn] + calls[fn] }'

# The same per pair, from two runs.
per_pair() {
  awk -F'\t' -v pairs="$1" 'NR == FNR { own[$1] = $2; all[$1] = $3; next }
    { printf "%s\t%.1f\t%.1f\n", $1, ($2 - own[$1]) / pairs, ($3 - all[$1]) / pairs }' <(awk "$functions" "$2") <(awk "$functions" "$3")
}

rm -f "$out/counts" "$out/interlocked"
for scenario in "${scenarios[@]}"; do
  case $scenario in
    1g* | fill* | migrate-2m) few=5 many=15 ;;
    *) few=1000 many=3000 ;;
  esac
  count "$scenario" "$few" "$out/few"
  count "$scenario" "$many" "$out/many"
  per_pair $((many - few)) "$out/few" "$out/many" > "$out/functions"
  [[ -s $out/interlocked ]] || find_interlocked "$out/few" > "$out/interlocked"
  locked=$(awk -v few="$(interlocked "$out/few")" -v many="$(interlocked "$out/many")" -v pairs=$((many - few)) 'BEGIN { print (many - few) / pairs }')
  awk -F'\t' -v scenario="$scenario" -v locked="$locked" -v counts="$out/counts" '
    { all += $2 }
    $1 ~ /Scenario__Bind$/ { bind = $3 }
    $1 ~ /Scenario__Unbind$/ { unbind = $3 }
    $1 ~ /PteBlock_|SpanHelpers__(Fill|Clear|Memmove)|memset|memmove|memcpy|Memmove|Memset/ { fills += $2 }
    END {
      printf "%s: %.0f instructions per pair, bind %.0f, unbind %.0f; fills %.0f, besides the fills %.0f; interlocked %.1f\n",
        scenario, all, bind, unbind, fills, all - fills, locked
      printf "%s %.0f %.1f\n", scenario, all, locked >> counts
    }' "$out/functions"

  if ((top > 0)); then
    for column in 2 3; do
      ((column == 2)) && echo "  own:" || echo "  with calls:"
      sort -t $'\t' -k "$column,$column" -nr "$out/functions" | awk -F'\t' -v top="$top" -v column="$column" \
        'NR <= top { printf "  %10.0f  %s\n", $column, $1 }'
    done
  fi

  if ((hot)); then
    count "$scenario" "$many" "$out/hot" --toggle-collect='*Scenario__Bind'
    awk -v scenario="$scenario" -v often="$((many / 2))" -v counts="$out/counts" '
      # Address / 64: without the last hexadecimal digit, and with a quarter of the one before.
      function line(address) {
        return substr(address, 1, length(address) - 2) int((index("0123456789abcdef", substr(address, length(address) - 1, 1)) - 1) / 4)
      }
      /^ob=/ { object = $0 }
      /^fn=/ { fn = $0; sub(/\047[0-9]+$/, "", fn) }
      /^calls=/ { getline; next }
      /^0x/ { ran[object "+" $1] += $3; owner[object "+" $1] = fn }
      END {
        for (address in ran)
          if (ran[address] >= often) {
            instructions++
            if (!(owner[address] in used)) functions++
            if (!(line(address) in lines)) blocks++
            used[owner[address]] = lines[line(address)] = 1
          }
        printf "%s: a bind runs %d different instructions in %d cache lines, %.1f KB of code, in %d functions\n",
          scenario, instructions, blocks, blocks / 16, functions
        printf "%s:hot %d 0\n", scenario, blocks * 64 >> counts
      }' "$out/hot"
  fi
done

case $gate in
  --update) # Those that were counted; the others stay.
    awk 'NR == FNR { if ($1 ~ /^crowd|:hot$/) { $2 = int($2 * 1.1); $3 = $3 > 0 ? int($3 * 1.1) + 1 : 0 } new[$1] = $0; next }
      { print $1 in new ? new[$1] : $0; delete new[$1] }
      END { for (name in new) print new[name] }' "$out/counts" "$baseline" > "$out/baseline"
    cp "$out/baseline" "$baseline" ;;
  --check)
    awk '
      function judge(name, count, what, was, most, least) {
        if (count <= most && count >= least) return
        printf "%s: %s%s %s, the baseline has %s\n", name, count < least ? "only " : "", count, what, was
        bad = 1
      }
      NR == FNR { counted[$1] = $2; interlocked[$1] = $3; next }
      !($1 in counted) { print $1 ": no baseline"; bad = 1; next }
      {
        # Four fifths of what has a tenth more there. What happens once in a while may be among the few pairs of 1 GiB or not.
        share = $1 ~ /^crowd|:hot$/ ? 0.8 : 0.9
        judge($1, $2, $1 ~ /:hot$/ ? "bytes of code" : "instructions", counted[$1], counted[$1] * 1.01, counted[$1] * share)
        judge($1, $3, "interlocked operations", interlocked[$1], interlocked[$1] + 0.5, interlocked[$1] / 2)
      }
      END { if (!bad) print "all counts are at their baselines"; exit bad }' "$baseline" "$out/counts" ;;
  --check-events)
    cp "$out/counts" "$out/counts-with"
    # By its name: this script has gone to the root of the repository.
    bash bench/count.sh --no-events "${scenarios[@]}" | sed 's/^/without the event source, /'
    awk '
      NR == FNR { with[$1] = $2; next }
      { least = with[$1] * 0.998; most = with[$1] * 1.002; compared++ }
      $2 < least || $2 > most { printf "%s: %d instructions with the event source, %d without\n", $1, with[$1], $2; bad = 1 }
      END { if (!bad && compared) print "the event source costs nothing while nobody listens"; exit bad || !compared }' "$out/counts-with" "$out/counts" ;;
esac
