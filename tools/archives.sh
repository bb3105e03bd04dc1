#!/usr/bin/env bash
# Self-contained archives of gpumlp, which need no .NET on the machine that they run on, and SHA256SUMS over them.
#   tools/archives.sh [OUT [RID...]]      OUT: archives by default; RID: linux-x64 linux-arm64 win-x64 osx-arm64 by default
# The archive of this machine's own kind is unpacked and run (devices, and a sweep of a second); the others are built and told so.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-archives}
shift || true
kinds=("$@")
[ ${#kinds[@]} -gt 0 ] || kinds=(linux-x64 linux-arm64 win-x64 osx-arm64)
for kind in "${kinds[@]}"; do
  case $kind in
    linux-x64 | linux-arm64 | win-x64 | osx-arm64) ;;
    *) echo "archives.sh: $kind: must be linux-x64, linux-arm64, win-x64 or osx-arm64" >&2; exit 2 ;;
  esac
done
case $(uname -s)-$(uname -m) in
  Linux-x86_64) own=linux-x64 ;;
  Linux-aarch64) own=linux-arm64 ;;
  Darwin-arm64) own=osx-arm64 ;;
  *) own=none ;;
esac
mkdir -p "$out"
out=$(cd "$out" && pwd)
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
made=()
for kind in "${kinds[@]}"; do
  name=gpumlp-$version-$kind
  # In a place of its own, so that the checkout's builds for this machine stay as they are; the analyzers have judged these texts there.
  dotnet publish src/Runner -c Release -r "$kind" --self-contained true --artifacts-path "$work/build" -o "$work/$name" \
    -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false --nologo -v quiet
  cp LICENSE README.md "$work/$name/"
  if [ "$kind" = win-x64 ]; then
    archive=$name.zip
    rm -f "$out/$archive"
    (cd "$work" && python3 -m zipfile -c "$out/$archive" "$name")
  else
    archive=$name.tar.gz
    tar -C "$work" --owner=0 --group=0 --sort=name -czf "$out/$archive" "$name"
  fi
  made+=("$archive")
  if [ "$kind" = "$own" ]; then
    mkdir "$work/run"
    tar -C "$work/run" -xzf "$out/$archive"
    # Without the machine's own .NET, as where there is none.
    env -u DOTNET_ROOT DOTNET_ROOT_X64= PATH=/usr/bin:/bin "$work/run/$name/gpumlp" devices > /dev/null
    env -u DOTNET_ROOT PATH=/usr/bin:/bin "$work/run/$name/gpumlp" sweep --preset quick --epochs 2 --seeds 0 --hidden 4 --device cpu \
      --train-only --quiet --out "$work/run/sweep" > /dev/null
    [ -s "$work/run/sweep/report.html" ]
    echo "$archive: built and run"
  else
    echo "$archive: built, not run: this machine is of another kind"
  fi
  rm -rf "${work:?}/$name"
done
(cd "$out" && sha256sum "${made[@]}" > SHA256SUMS)
