#!/usr/bin/env bash
# What to run on a machine with a CUDA GPU, which needs neither .NET nor a network:
#
#   perf/gpu-checks.sh pack FOLDER            here, where .NET is: everything that is needed, 160 MB, into FOLDER, and
#                                             FOLDER.tar.xz of a third of that; with --without-data behind it all but
#                                             the MNIST files, which DATA=FOLDER then names there
#   FOLDER/gpu-checks.sh [OUT [STEP...]]      there: runs the steps (default: all), writes what they print into OUT
#                                             (default: results) and to stdout, as they go
#
# Steps, the most telling first: devices; verify; epochs, launch gaps and share of the peak, and PyTorch's on the same GPU,
# where there is one; the default sweep twice (same bytes), and beside the CPU (same bytes); kernel tests; all devices beside
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
  # One folder for all: they share the runtime. Compiled ahead is what a start waits for; all libraries would be 5 MiB of the archive.
  for project in perf tests/Kernels.Tests src/Runner; do
    dotnet publish -c Release "$project" -r linux-x64 --self-contained -p:WithBenchmarks=false -p:PublishReadyToRun=false \
      -o "$folder/bin" --nologo -v quiet
  done
  dotnet build -c Release src/Runner --nologo -v quiet -p:RunAnalyzers=false
  cp artifacts/bin/Runner/release/{gpumlp,GpuMlp.Engine,GpuMlp.Kernels,ILGPU}.dll "$folder/bin"
  # What the projects bring twice, what is for debuggers, parts of .NET that nothing here takes, and what the tests of the
  # rooms take, which are not for GPUs.
  (
    cd "$folder/bin"
    rm -rf mnist ./*.xml ./*.pdb createdump libmscor*.so libcoreclrtraceptprovider.so libclrgc*.so
    for part in ComponentModel.Annotations Formats.Tar IO.Compression.ZipFile IO.FileSystem.Watcher Linq.AsyncEnumerable Linq.Parallel Linq.Queryable \
      Net.Http.Json Net.HttpListener Net.Mail Net.Ping Net.Quic Net.WebClient Net.WebSockets Net.WebSockets.Client Private.DataContractSerialization \
      Threading.Tasks.Dataflow; do
      rm -f "System.$part.dll"
    done
    rm -f Microsoft.VisualBasic*.dll Microsoft.CSharp.dll Mono.Cecil*.dll NetArchTest*.dll
    if command -v strip >/dev/null; then strip --strip-unneeded ./*.so; fi
    ln -s data/mnist mnist
  )
  [ "${2:-}" != --without-data ] || rm -rf "$folder/bin/data/mnist"
  mkdir -p "$folder/peers/torch"
  cp perf/peers/torch_peer.py "$folder/peers/torch/"
  cp perf/gpu-checks.sh "$folder/"
  git rev-parse HEAD >"$folder/commit" 2>/dev/null || echo unknown >"$folder/commit"
  tar -C "$(dirname "$folder")" --sort=name -c "$(basename "$folder")" | xz --x86 --lzma2=preset=9e,dict=128MiB >"$folder.tar.xz"
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
# What is the same on every device: not t-SNE's divergence, a sum of floats.
exact=(--embedding none)
# How long the host takes: one model and one epoch, and 1,008 models (12 sizes, 12 rates, 7 seeds) without analyses.
one=(sweep --quiet --tasks 4v9 --hidden 24 --seeds 0 --epochs 1 --train-only)
many=(sweep --quiet --tasks 4v9 --hidden 2,4,6,8,10,12,16,24,32,48,64,96 --seeds 0..6 --epochs 100 --train-only
  --lr 0.001,0.002,0.003,0.005,0.007,0.01,0.02,0.03,0.05,0.07,0.1,0.2)
models=(1000 10000)
tests=(-class '*Cuda*')
[ "$device" = cuda ] || tests=(-class '*OpenCl*')
# Every optimiser, one logit and several, dropped units, batches in one launch and not; small on any machine.
ways=(sweep --quiet --tasks 4v9,0v1v7 --hidden 4,24 --seeds 0 --batch full,32 --epochs 5 --lr 0.01
  --optimizer sgd,momentum,nesterov,adam,adamw --weight-decay 0.01 --dropout 0,0.2 --sparsity 0.5 --finetune-epochs 2
  --corruption none --similarity none --embedding none)
if [ -n "${QUICK:-}" ]; then
  sweep=(sweep --quiet --tasks 4v9 --hidden 4,24 --seeds 0,42 --epochs 5 --sparsity 0.5 --corruption none --similarity-images 4 "${exact[@]}")
  exact=()
  many=("${one[@]}")
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
same_run() { # RUN RUN: units, weights, splits, tables, pictures; all but what tells of the machine
  same_units "$1" "$2" && diff -rq -x run.json -x report.html "$1" "$2"
}
timed() { # RUN ARGUMENTS...: wall-clock and CPU seconds of a sweep, and its seconds by phase
  local run=$1
  shift
  TIMEFORMAT='%R s, %U s user, %S s system'
  time timeout --signal=INT --kill-after=20 "$(left)" "$gpumlp" "$@" --device "$device:0" --out "$run" || return
  tr -d '\n' <"$run/run.json" | grep -oE '"seconds_by_phase": \{[^}]*\}' | head -n 1
}
epochs() { step "$1" bin/GpuMlp.Perf device "$device:0" "${models[@]}"; }
pytorch() { # NAME ARGUMENTS...
  local name=$1
  shift
  is_wanted "$name" || return 0
  if [ "$device" = cuda ] && python3 -c 'import torch' 2>/dev/null; then
    step "$name" python3 peers/torch/torch_peer.py --data bin/data/mnist "$@"
  else
    note "skipped $name: no CUDA, or python3 has no module torch"
  fi
}

{ echo "commit $(cat commit), $(date -u +%Y-%m-%dT%H:%MZ)"; uname -srm; nvidia-smi -L 2>/dev/null; } >>"$out/summary.txt"
cat "$out/summary.txt"
[ "$device" != cuda ] || step nvidia-smi nvidia-smi
step devices "$gpumlp" devices
step verify "$gpumlp" verify --device "$device"
all_models=$(IFS=,; echo "${models[*]}")
epochs epochs
pytorch pytorch --models "$all_models"
pytorch pytorch-batch-32 --models "${models[0]}" --batch 32 --ways wide,graph
pytorch pytorch-tf32 --models "$all_models" --ways wide --tf32
pytorch pytorch-tf32-batch-32 --models "${models[0]}" --batch 32 --ways graph --tf32
epochs epochs-again
step one-model timed "$out/run-one" "${one[@]}"
step one-model-again timed "$out/run-one-again" "${one[@]}"
step thousand-models timed "$out/run-many" "${many[@]}"
step sweep timed "$out/run" "${sweep[@]}"
step sweep-again "$gpumlp" "${sweep[@]}" --device "$device:0" --out "$out/run-again"
step same-bytes same_units "$out/run" "$out/run-again"
step sweep-exact "$gpumlp" "${sweep[@]}" "${exact[@]}" --device "$device:0" --out "$out/run-exact"
step sweep-cpu "$gpumlp" "${sweep[@]}" "${exact[@]}" --device cpu --out "$out/run-cpu"
step same-bytes-as-the-cpu same_run "$out/run-exact" "$out/run-cpu"
step sweep-ways "$gpumlp" "${ways[@]}" --device "$device:0" --out "$out/run-ways"
step sweep-ways-cpu "$gpumlp" "${ways[@]}" --device cpu --out "$out/run-ways-cpu"
step same-bytes-of-all-ways same_run "$out/run-ways" "$out/run-ways-cpu"
# A filter that finds no test is no success.
step kernel-tests bash -c '"$0" -noColor "$@" -failSkips | tee "'"$out"'/kernel-tests.log"; [ "${PIPESTATUS[0]}" -eq 0 ] && grep -qE "Total: [1-9]" "'"$out"'/kernel-tests.log"' bin/GpuMlp.Kernels.Tests "${tests[@]}"
if [ "$("$gpumlp" devices 2>/dev/null | grep -c "^$device:[0-9]")" -gt 1 ]; then
  step sweep-all-devices "$gpumlp" "${sweep[@]}" --device "$device" --out "$out/run-all"
  step same-bytes-on-all-devices same_units "$out/run" "$out/run-all"
elif is_wanted sweep-all-devices; then
  note "skipped sweep-all-devices: one device"
fi
step bench "$gpumlp" bench --quick --quiet --device "$device:0" --out "$out/bench"
echo
cat "$out/summary.txt"
[ "$failed" -eq 0 ] || exit 1
[ "$unfinished" -eq 0 ] || exit 75
