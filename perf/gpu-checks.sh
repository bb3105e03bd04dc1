#!/usr/bin/env bash
# What to run on a machine with a CUDA GPU, which needs neither .NET nor a network:
#
#   perf/gpu-checks.sh pack FOLDER     here, where .NET is: everything that is needed, 500 MB, into FOLDER
#   FOLDER/gpu-checks.sh [OUT]         there: runs the checks below, writes what they print into OUT (default: results)
#
# Checks: devices; kernel tests; verify; the default sweep, twice (same bytes) and beside the CPU (F1 within 1e-3); all
# devices beside one (same bytes); epochs, launch gaps and share of the peak; PyTorch on the same GPU, where there is one.
# DEVICE=opencl checks an OpenCL device instead; QUICK=1 takes a small sweep and few models, to try the script itself.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

pack() {
  set -e
  local repo folder project
  repo=$(cd "$here/.." && pwd)
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
  cd "$repo"
  for project in src/Runner tests/Kernels.Tests perf; do
    dotnet publish -c Release "$project" -r linux-x64 --self-contained -o "$folder/$(basename "$project")" --nologo -v quiet
  done
  mkdir -p "$folder/data" "$folder/peers/torch"
  cp -r data/mnist "$folder/data/"
  cp perf/peers/torch_peer.py "$folder/peers/torch/"
  cp perf/gpu-checks.sh tests/opencl/compare-f1.sh "$folder/"
  git rev-parse HEAD >"$folder/commit" 2>/dev/null || echo unknown >"$folder/commit"
  du -sh "$folder"
}

if [ "${1:-}" = pack ]; then
  [ $# -eq 2 ] || { echo "gpu-checks.sh: pack wants a FOLDER" >&2; exit 2; }
  pack "$2"
  exit
fi
[ -x "$here/Runner/gpumlp" ] || { echo "gpu-checks.sh: nothing is packed here; on a machine with .NET: perf/gpu-checks.sh pack FOLDER" >&2; exit 2; }

device=${DEVICE:-cuda}
out=${1:-results}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$here"
# A slim machine has no ICU; nothing here depends on it.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
gpumlp=Runner/gpumlp
sweep=(sweep --quiet)
models=(1000 10000)
tests=(-class '*CudaTests')
[ "$device" = cuda ] || tests=(-class '*OpenClTests')
if [ -n "${QUICK:-}" ]; then
  sweep=(sweep --quiet --tasks 4v9 --hidden 4,24 --seeds 0,42 --epochs 5 --sparsity 0.5 --corruption none --embedding none --saliency 0)
  models=(20)
fi
failed=0
step() { # NAME COMMAND...: prints as it goes, keeps what was printed in OUT/NAME.txt
  local name=$1 code
  shift
  echo "== $name: $*"
  "$@" >"$out/$name.txt" 2>&1
  code=$?
  tail -n 40 "$out/$name.txt"
  if [ "$code" -eq 0 ]; then echo "ok      $name" | tee -a "$out/summary.txt"; else echo "FAILED  $name (exit $code)" | tee -a "$out/summary.txt"; failed=1; fi
}
same_units() { # RUN RUN: unit files byte for byte
  local file
  [ -n "$(find "$1/units" -name '*.parquet' | head -n 1)" ] || { echo "no units in $1"; return 1; }
  (cd "$1" && find units -name '*.parquet') | while read -r file; do cmp "$1/$file" "$2/$file" || exit 1; done
}
kernel_tests() { # a filter that finds no test is no success
  Kernels.Tests/GpuMlp.Kernels.Tests -noColor "${tests[@]}" -failSkips | tee "$out/kernel-tests.log"
  [ "${PIPESTATUS[0]}" -eq 0 ] && grep -qE 'Total: [1-9]' "$out/kernel-tests.log"
}
compare_f1() { ./compare-f1.sh "$1/results.csv" "$2/results.csv" 0.001 && ./compare-f1.sh "$1/pruning.csv" "$2/pruning.csv" 0.001; }

{ echo "commit $(cat commit)"; uname -srm; nvidia-smi -L 2>/dev/null; } >"$out/summary.txt"
cat "$out/summary.txt"
[ "$device" != cuda ] || step nvidia-smi nvidia-smi
step devices "$gpumlp" devices
step kernel-tests kernel_tests
step verify "$gpumlp" verify --device "$device"
step sweep "$gpumlp" "${sweep[@]}" --device "$device:0" --out "$out/run"
step sweep-again "$gpumlp" "${sweep[@]}" --device "$device:0" --out "$out/run-again"
step same-bytes same_units "$out/run" "$out/run-again"
step sweep-cpu "$gpumlp" "${sweep[@]}" --device cpu --out "$out/run-cpu"
step f1-as-on-the-cpu compare_f1 "$out/run-cpu" "$out/run"
step sweep-all-devices "$gpumlp" "${sweep[@]}" --device "$device" --out "$out/run-all"
step same-bytes-on-all-devices same_units "$out/run" "$out/run-all"
step epochs perf/GpuMlp.Perf device "$device:0" "${models[@]}"
if [ "$device" = cuda ] && python3 -c 'import torch' 2>/dev/null; then
  count=$(IFS=,; echo "${models[*]}")
  step pytorch python3 peers/torch/torch_peer.py --data data/mnist --models "$count"
  step pytorch-tf32 python3 peers/torch/torch_peer.py --data data/mnist --models "$count" --ways wide --tf32
  step epochs-again perf/GpuMlp.Perf device "$device:0" "${models[@]}"
else
  echo "skipped pytorch: no CUDA, or python3 has no module torch" | tee -a "$out/summary.txt"
fi
echo
cat "$out/summary.txt"
exit "$failed"
