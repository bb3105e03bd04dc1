#!/usr/bin/env bash
# kill-campaign.sh MINUTES [SEED]: whether kill -9 at any moment costs anything but time.
#
# Makes one run without disturbance of each kind: `sweep`, and `plan`, `run --shard K/3` three at once, `merge`. Then makes
# them again and again, each time killed at random moments and started anew until it has ended by itself, then `report`
# likewise. Pruning, fine-tuning, robustness, similarity, saliency pictures, t-SNE, merge and report are all among what is
# killed. Every such run must have the files of the undisturbed one, byte for byte (run.json and report.html tell when and
# where, so they must only be there): no unit, weight, split, table or picture differs, no temporary file is left, nothing is
# set aside as .bad. Goes on for MINUTES, but makes one run of each kind at least.
#
# The last line is `kill campaign: N kills, M runs, L lost (seed S)`; the exit code is 1 when L is not 0, and the runs that
# were lost stay. The same SEED draws the same moments again, as parts of what the command takes on this machine.
# GPUMLP names the program; without it the built one of this repository is taken.
set -uo pipefail
cd "$(dirname "$0")/.."
minutes=${1:?usage: kill-campaign.sh MINUTES [SEED]}
seed=${2:-$((RANDOM * 32768 + RANDOM))}
[[ $minutes =~ ^[0-9]+$ && $seed =~ ^[0-9]+$ ]] || { echo "MINUTES and SEED must be whole numbers" >&2; exit 2; }
gpumlp=$(realpath "${GPUMLP:-artifacts/bin/Runner/release/gpumlp}")
[ -x "$gpumlp" ] || dotnet build -c Release src/Runner >&2 || exit 1
RANDOM=$seed
work=$(mktemp -d "${TMPDIR:-/tmp}/gpumlp-kills-XXXXXX")
kills=0 runs=0 lost=0

# tell TEXT [LOG]: to the stderr of the script, also where bash's own word of each kill is not wanted.
exec 3>&2
tell() { { echo "$1"; [ $# -eq 1 ] || cat "$2"; } >&3; }

# 600 of the embedded digits: small enough for a run of seconds, and true enough for every analysis.
mkdir "$work/data"
for part in 'images-idx3 16 784 \0\0\10\3\0\0\2\130\0\0\0\34\0\0\0\34' 'labels-idx1 8 1 \0\0\10\1\0\0\2\130'; do
  read -r name header size bytes <<<"$part"
  file=train-$name-ubyte
  { printf "$bytes"; gzip -dc "data/mnist/$file.gz" | tail -c +$((header + 1)) | head -c $((600 * size)); } >"$work/data/$file"
done
flags=(--data "$work/data" --tasks 0v1,4v9 --hidden 2,24 --seeds 0..2 --epochs 30 --sparsity 0.5,0.95 --pruning layer,random
  --finetune-epochs 2 --noise 0.1 --corruption blur:1 --embedding 4v9 --similarity gradient --similarity-images 4 --threads 2 --quiet)

# timed COMMAND...: undisturbed; sets took, in milliseconds.
timed() {
  local start=${EPOCHREALTIME/./}
  "$@" >/dev/null 2>"$work/log" || { tell "failed undisturbed: $*" "$work/log"; return 1; }
  took=$(((${EPOCHREALTIME/./} - start) / 1000 + 1))
}

# moment LONGEST: milliseconds from 0 to LONGEST, as seconds for timeout; sets at. (Not printed: RANDOM of a subshell is another.)
moment() { printf -v at '0%d.%03d' $((RANDOM * $1 / 32768 / 1000)) $((RANDOM * $1 / 32768 % 1000 + 1)); }

# mortal SECONDS LOG COMMAND...: kill -9 after so long, and back when the process is no more (timeout does not wait for that).
mortal() {
  local at=$1 log=$2 code pid killer
  shift 2
  "$@" >/dev/null 2>"$log" &
  pid=$!
  { sleep "$at"; kill -KILL "$pid"; } >/dev/null 2>&1 &
  killer=$!
  wait "$pid"
  code=$?
  kill "$killer" && wait "$killer"
  return "$code"
} 2>/dev/null

# killed LONGEST COMMAND...: the command up to six times, each killed somewhere in LONGEST ms unless it ends before; then in peace.
killed() {
  local longest=$1 code
  shift
  for _ in 1 2 3 4 5 6; do
    moment "$longest"
    mortal "$at" "$work/log" "$@"
    code=$?
    [ $code -ne 0 ] || return 0
    [ $code -eq 137 ] || { tell "exit $code after kills: $*" "$work/log"; return 1; }
    kills=$((kills + 1))
  done 2>/dev/null
  timed "$@"
}

# shards LONGEST RUN: three processes at once, each killed up to twice, then in peace.
shards() {
  local code pids shard
  for _ in 1 2; do
    pids=()
    for shard in 0 1 2; do
      moment "$1"
      mortal "$at" "$work/log-$shard" "$gpumlp" run "$2" --shard $shard/3 --threads 2 --quiet &
      pids+=($!)
    done
    for shard in 0 1 2; do
      wait "${pids[shard]}"
      code=$?
      [ $code -ne 137 ] || kills=$((kills + 1))
      [ $code -eq 0 ] || [ $code -eq 137 ] || { tell "exit $code after kills: shard $shard" "$work/log-$shard"; return 1; }
    done
  done 2>/dev/null
  pids=()
  for shard in 0 1 2; do
    "$gpumlp" run "$2" --shard $shard/3 --threads 2 --quiet >/dev/null 2>"$work/log-$shard" &
    pids+=($!)
  done
  for shard in 0 1 2; do
    wait "${pids[shard]}" || { tell "shard $shard failed undisturbed" "$work/log-$shard"; return 1; }
  done
}

# files RUN: what must be the same, with its bytes.
files() { (cd "$1" && find . -type f ! -path ./run.json ! -path ./report.html -print0 | sort -z | xargs -0 sha256sum); }

# compare RUN REFERENCE
compare() {
  [ -s "$1/run.json" ] && [ -s "$1/report.html" ] || { tell "$1: no run.json or report.html"; return 1; }
  diff <(files "$2") <(files "$1") >&3 || { tell "$1: other files than $2"; return 1; }
}

by_sweep() {
  killed "$sweep_ms" "$gpumlp" sweep "${flags[@]}" --out "$1" && killed "$report_ms" "$gpumlp" report "$1" --quiet && compare "$1" "$work/sweep"
}

by_shards() {
  killed "$plan_ms" "$gpumlp" plan "${flags[@]}" --shards 3 --out "$1" && shards "$run_ms" "$1" \
    && killed "$merge_ms" "$gpumlp" merge "$1" --quiet && killed "$report_ms" "$gpumlp" report "$1" --quiet && compare "$1" "$work/shards"
}

timed "$gpumlp" sweep "${flags[@]}" --out "$work/sweep" || exit 1
sweep_ms=$took
timed "$gpumlp" report "$work/sweep" --quiet || exit 1
report_ms=$took
timed "$gpumlp" plan "${flags[@]}" --shards 3 --out "$work/shards" || exit 1
plan_ms=$took
timed shards 1 "$work/shards" || exit 1
run_ms=$took
timed "$gpumlp" merge "$work/shards" --quiet || exit 1
merge_ms=$took
kills=0

while ((runs < 2 || SECONDS < 60 * minutes)); do
  kind=$((runs % 2 == 0)) run=$work/run-$runs
  if ((kind)); then by_sweep "$run"; else by_shards "$run"; fi && rm -rf "$run" || lost=$((lost + 1))
  runs=$((runs + 1))
done

[ $lost -gt 0 ] && echo "kept: $work" >&2 || rm -rf "$work"
echo "kill campaign: $kills kills, $runs runs, $lost lost (seed $seed)"
[ $lost -eq 0 ]
