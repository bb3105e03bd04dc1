#!/usr/bin/env bash
# What to run on a machine with a CUDA GPU, which needs neither .NET nor a network:
#
#   perf/gpu-checks.sh pack FOLDER            here, where .NET is: everything that is needed, 180 MB, into FOLDER, and
#                                             FOLDER.tar.xz of a quarter of that; with --without-data behind it all but
#                                             the MNIST files, which DATA=FOLDER then names there
#   FOLDER/gpu-checks.sh [OUT [STEP...]]      there: runs the steps (default: all), writes what they print into OUT
#                                             (default: results) and to stdout, as they go
#
# Steps, the most telling first: devices; verify; epochs, launch gaps and share of the peak; PyTorch on the same GPU, where
# there is one; kernel tests; the default sweep, twice (same bytes) and beside the CPU (F1 within 1e-3); all devices beside
# one (same bytes); bench. The same command again leaves out what held before and goes on with sweeps that were cut off.
# BUDGET=SECONDS ends it in time: the step under way is stopped, those behind it wait for the next call (exit 75).
# STEP_LIMIT=SECONDS (default 900) is the most for one step. DEVICE=opencl checks an OpenCL device instead; QUICK=1 takes
# small sweeps and few models, to try the script itself.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

pack() {
  set -e
  local repo folder project
  repo=$(cd "$here/.." && pwd)
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
  cd "$repo"
  # One folder for all: they share the runtime.
  for project in perf tests/Kernels.Tests src/Runner; do
    dotnet publish -c Release "$project" -r linux-x64 --self-contained -p:WithBenchmarks=false -o "$folder/bin" --nologo -v quiet
  done
  # What the projects bring twice.
  rm -rf "$folder"/bin/mnist "$folder"/bin/*.xml
  ln -s data/mnist "$folder/bin/mnist"
  [ "${2:-}" != --without-data ] || rm -rf "$folder/bin/data/mnist"
  mkdir -p "$folder/peers/torch"
  cp perf/peers/torch_peer.py "$folder/peers/torch/"
  cp perf/gpu-checks.sh tests/opencl/compare-f1.sh "$folder/"
  git rev-parse HEAD >"$folder/commit" 2>/dev/null || echo unknown >"$folder/commit"
  tar -C "$(dirname "$folder")" -c "$(basename "$folder")" | xz -9 -T0 >"$folder.tar.xz"
  du -sh "$folder" "$folder.tar.xz"
}

if [ "${1:-}" = pack ]; then
  if [ $# -lt 2 ] || [ $# -gt 3 ] || { [ $# -eq 3 ] && [ "$3" != --without-data ]; }; then
    echo "gpu-checks.sh: pack wants a FOLDER and at most --without-data" >&2
    exit 2
  fi
  pack "$2" "${3:-}"
  exit
fi
[ -x "$here/bin/gpumlp" ] || { echo "gpu-checks.sh: nothing is packed here; on a machine with .NET: perf/gpu-checks.sh pack FOLDER" >&2; exit 2; }

device=${DEVICE:-cuda}
out=${1:-results}
shift || true
wanted=("$@")
mkdir -p "$out/steps"
out=$(cd "$out" && pwd)
[ -z "${DATA:-}" ] || [ ! -d "$DATA" ] || DATA=$(cd "$DATA" && pwd)
cd "$here"
# A slim machine has no ICU; nothing here depends on it.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
gpumlp=bin/gpumlp
if [ ! -e bin/data/mnist ]; then
  [ -d "${DATA:-}" ] || { echo "gpu-checks.sh: packed without data: DATA=FOLDER must name the MNIST files (data/mnist of the repository)" >&2; exit 2; }
  mkdir -p bin/data
  ln -s "$DATA" bin/data/mnist
fi
sweep=(sweep --quiet)
models=(1000 10000)
tests=(-class '*CudaTests')
[ "$device" = cuda ] || tests=(-class '*OpenClTests')
if [ -n "${QUICK:-}" ]; then
  sweep=(sweep --quiet --tasks 4v9 --hidden 4,24 --seeds 0,42 --epochs 5 --sparsity 0.5 --corruption none --embedding none --saliency 0)
  models=(20)
fi
failed=0 unfinished=0
note() { echo "$1" | tee -a "$out/summary.txt"; }
is_wanted() { [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $1 "* ]]; }
left() { # seconds that a step may take
  local limit=${STEP_LIMIT:-900}
  if [ -n "${BUDGET:-}" ] && [ $((BUDGET - SECONDS)) -lt "$limit" ]; then limit=$((BUDGET - SECONDS)); fi
  echo "$limit"
}
step() { # NAME COMMAND...: prints as it goes, keeps what was printed in OUT/steps/NAME.txt
  local name=$1 code limit command
  shift
  is_wanted "$name" || return 0
  if [ -e "$out/steps/$name.ok" ]; then echo "== $name held before"; return 0; fi
  limit=$(left)
  if [ "$limit" -lt 5 ]; then note "waits   $name (no time left)"; unfinished=1; return 0; fi
  command=("$@")
  # Functions are quick; a program is asked to stop, so that a sweep keeps what is finished.
  if [ "$(type -t "$1")" != function ]; then command=(timeout --signal=INT --kill-after=20 "$limit" "$@"); fi
  echo "== $name: $*"
  local began=$SECONDS
  "${command[@]}" 2>&1 | tee "$out/steps/$name.txt"
  code=${PIPESTATUS[0]}
  if [ "$code" -eq 0 ]; then
    touch "$out/steps/$name.ok"
    note "ok      $name ($((SECONDS - began)) s)"
  elif [ "$code" -eq 124 ] || [ "$code" -eq 137 ] || { [ $((SECONDS - began)) -ge "$limit" ] && [ "$code" -ne 1 ]; }; then
    note "stopped $name (after $((SECONDS - began)) s)"
    unfinished=1
  else
    note "FAILED  $name (exit $code)"
    failed=1
  fi
}
same_units() { # RUN RUN: unit files byte for byte
  local file
  [ -n "$(find "$1/units" -name '*.parquet' 2>/dev/null | head -n 1)" ] || { echo "no units in $1"; return 1; }
  (cd "$1" && find units -name '*.parquet') | while read -r file; do cmp "$1/$file" "$2/$file" || exit 1; done
}
compare_f1() { ./compare-f1.sh "$1/results.csv" "$2/results.csv" 0.001 && ./compare-f1.sh "$1/pruning.csv" "$2/pruning.csv" 0.001; }
epochs() { step "$1" bin/GpuMlp.Perf device "$device:0" "${models[@]}"; }
pytorch() { # NAME ARGUMENTS...
  local name=$1
  shift
  is_wanted "$name" || return 0
  if [ "$device" = cuda ] && python3 -c 'import torch' 2>/dev/null; then
    step "$name" python3 peers/torch/torch_peer.py --data bin/data/mnist --models "$(IFS=,; echo "${models[*]}")" "$@"
  else
    note "skipped $name: no CUDA, or python3 has no module torch"
  fi
}

{ echo "commit $(cat commit), $(date -u +%Y-%m-%dT%H:%MZ)"; uname -srm; nvidia-smi -L 2>/dev/null; } >>"$out/summary.txt"
cat "$out/summary.txt"
[ "$device" != cuda ] || step nvidia-smi nvidia-smi
step devices "$gpumlp" devices
step verify "$gpumlp" verify --device "$device"
epochs epochs
pytorch pytorch
epochs epochs-again
# A filter that finds no test is no success.
step kernel-tests bash -c '"$0" -noColor "$@" -failSkips | tee "'"$out"'/kernel-tests.log"; [ "${PIPESTATUS[0]}" -eq 0 ] && grep -qE "Total: [1-9]" "'"$out"'/kernel-tests.log"' bin/GpuMlp.Kernels.Tests "${tests[@]}"
step sweep "$gpumlp" "${sweep[@]}" --device "$device:0" --out "$out/run"
step sweep-again "$gpumlp" "${sweep[@]}" --device "$device:0" --out "$out/run-again"
step same-bytes same_units "$out/run" "$out/run-again"
step sweep-cpu "$gpumlp" "${sweep[@]}" --device cpu --out "$out/run-cpu"
step f1-as-on-the-cpu compare_f1 "$out/run-cpu" "$out/run"
step bench "$gpumlp" bench --quick --quiet --device "$device:0" --out "$out/bench"
pytorch pytorch-tf32 --ways wide --tf32
step sweep-all-devices "$gpumlp" "${sweep[@]}" --device "$device" --out "$out/run-all"
step same-bytes-on-all-devices same_units "$out/run" "$out/run-all"
echo
cat "$out/summary.txt"
[ "$failed" -eq 0 ] || exit 1
[ "$unfinished" -eq 0 ] || exit 75
