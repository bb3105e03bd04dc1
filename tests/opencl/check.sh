#!/usr/bin/env bash
# check.sh: what a machine without a GPU can show of the GPU kernels, for real on OpenCL: the GPU tests of the kernels,
# `gpumlp verify`, and a small sweep whose weights and tables are the CPU's, byte for byte. Makes the root of run.sh where it is
# needed, builds what is not built (BUILT=1: nothing), and ends with "OpenCL: N passed, N failed".
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
result() { # NAME STATUS: one check that is no test of a test project
  if [ "$2" -eq 0 ]; then passed=$((passed + 1)); echo "ok      $1"; else failed=$((failed + 1)); echo "FAILED  $1"; fi
}

"$here/run.sh" clinfo -l || { echo "no OpenCL to run on"; echo "OpenCL: 0 passed, 1 failed"; exit 1; }
for project in tests/Kernels.Tests src/Runner; do
  [ -n "${BUILT:-}" ] || dotnet build -c Release "$project" --nologo -v quiet || { echo "OpenCL: 0 passed, 1 failed"; exit 1; }
done
tests=artifacts/bin/Kernels.Tests/release/GpuMlp.Kernels.Tests
gpumlp=artifacts/bin/Runner/release/gpumlp

# "Total: 28, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0"
"$here/run.sh" "$tests" -noColor -class '*OpenCl*' | tee "$work/tests"
figure() { grep -oE "$1: [0-9]+" "$work/tests" | tail -n 1 | grep -oE '[0-9]+'; }
total=$(figure Total) errors=$(figure Errors) wrong=$(figure Failed) left=$(figure Skipped)
if [ -z "${total:-}" ] || [ "$total" -eq 0 ] || [ "${left:-0}" -ne 0 ]; then
  # A skipped test here means that OpenCL was not found after all.
  result "kernel tests on OpenCL ran ($((${total:-0} - ${left:-0})) of ${total:-0})" 1
fi
failed=$((failed + ${wrong:-0} + ${errors:-0})) skipped=$((skipped + ${left:-0}))
passed=$((passed + ${total:-0} - ${wrong:-0} - ${left:-0}))

# Beside verify: each compiles its kernels one by one. The tests have taken kernels through all shapes already: --quick.
sweep=(sweep --tasks 0v1,4v9 --hidden 4,24 --seeds 0 --batch full,32 --epochs 20 --sparsity 0.5,0.95 --finetune-epochs 2
  --pruning layer,global,w1,random,movement
  --corruption gaussian:0.3,blur:1 --similarity-images 2 --embedding none --saliency 0 --quiet)
"$here/run.sh" "$gpumlp" "${sweep[@]}" --device opencl --out "$work/opencl" >/dev/null &
swept=$!
"$here/run.sh" "$gpumlp" verify --device opencl --quick | tee "$work/verify"
result "verify --device opencl --quick" "${PIPESTATUS[0]}"
wait "$swept"
result "sweep --device opencl" $?
"$gpumlp" "${sweep[@]}" --device cpu --out "$work/cpu" >/dev/null
result "sweep --device cpu" $?

# Units, weights, splits, tables, pictures: all but what tells of the machine.
diff -rq -x run.json -x report.html "$work/cpu" "$work/opencl"
result "the same bytes from the CPU and from OpenCL" $?

if [ "$skipped" -gt 0 ]; then echo "OpenCL: $passed passed, $failed failed, $skipped skipped"; else echo "OpenCL: $passed passed, $failed failed"; fi
[ "$failed" -eq 0 ]
