#!/usr/bin/env bash
# compare.sh [all]: runs golden runs and SIMD tests (with "all" also every kernel variant, which takes a quarter of an hour and
# more) and a small sweep as ARM64 programs under emulation on an x64 Debian machine, and compares the sweep's files with
# those of the native program byte for byte, saliency pictures too: all but run.json, which tells where it ran, and what Skia
# draws, whose anti-aliasing has bits of its own on each architecture (plots, and the report that holds them). Needs root for apt-get.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

apt-get install -y -qq qemu-user-static >/dev/null
dpkg --add-architecture arm64
apt-get update -qq
(cd "$work" && apt-get download -qq libc6:arm64 libstdc++6:arm64 libgcc-s1:arm64 zlib1g:arm64 libssl3:arm64 2>/dev/null)
dpkg --remove-architecture arm64 || true
for package in "$work"/*.deb; do dpkg -x "$package" "$work/root"; done

git clone -q "$repo" "$work/src"
cd "$work/src"
dotnet publish -c Release tests/Kernels.Tests -r linux-arm64 --self-contained -o "$work/tests" >/dev/null
dotnet publish -c Release src/Runner -r linux-arm64 --self-contained -o "$work/runner" >/dev/null
dotnet build -c Release src/Runner >/dev/null

# The emulator does not survive .NET's background collector and tiered compilation; neither changes a result.
arm() {
  DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_gcConcurrent=0 DOTNET_EnableWriteXorExecute=0 DOTNET_TieredCompilation=0 \
    DOTNET_GCgen0size=0x40000000 qemu-aarch64-static -cpu cortex-a72 -L "$work/root" "$@"
}
tests=(-class GpuMlp.Kernels.Tests.GoldenTests -class GpuMlp.Kernels.Tests.LaneMathTests)
[ "${1:-}" != all ] || tests+=(-class GpuMlp.Kernels.Tests.KernelVariantTests)
arm "$work/tests/GpuMlp.Kernels.Tests" "${tests[@]}"
arm "$work/runner/gpumlp" sweep --preset quick --epochs 5 --out "$work/arm" --quiet >/dev/null
dotnet run -c Release --no-build --project src/Runner -- sweep --preset quick --epochs 5 --out "$work/x64" --quiet >/dev/null

cd "$work/x64"
different=0
for file in $(find . -type f ! -name run.json ! -name report.html ! -path './plots/*' | sort); do
  if cmp -s "$file" "$work/arm/$file"; then echo "same bytes  $file"; else echo "DIFFERENT   $file"; different=1; fi
done
exit "$different"
