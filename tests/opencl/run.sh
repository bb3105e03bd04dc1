#!/usr/bin/env bash
# run.sh CMD...: runs a command where OpenCL works. That is this machine itself when its own OpenCL is good enough, and
# otherwise the root of make-root.sh, with the .NET host, the repository, the current folder, the NuGet folder and /tmp
# at their own places. Says on stderr which of the two it took. --root forces the root, --host forces the machine.
#
# The mounts live in a mount namespace of the command: they end with it, however it ends (also by kill -9), and two
# commands at once do not see each other's. The command keeps this process's id, so a signal to run.sh reaches it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
where=auto
case ${1:-} in --root) where=root; shift ;; --host) where=host; shift ;; esac
[ $# -gt 0 ] || { echo "run.sh: a command is missing: run.sh [--root|--host] CMD..." >&2; exit 2; }

# ILGPU's conditions: OpenCL 2.0 or newer, and the generic address space; a 2.x device always has it. clinfo of a machine
# with neither clinfo nor an OpenCL library prints nothing, and that is an answer too.
host_has_opencl() {
  command -v clinfo >/dev/null || return 1
  clinfo --raw 2>/dev/null | awk '
    $2 == "CL_DEVICE_VERSION" && $4 >= 2.0 && $4 < 3.0 { good = 1 }
    $2 == "CL_DEVICE_GENERIC_ADDRESS_SPACE_SUPPORT" && $3 == "CL_TRUE" { good = 1 }
    END { exit !good }'
}
if [ "$where" = auto ]; then where=root; ! host_has_opencl || where=host; fi
if [ "$where" = host ]; then
  echo "run.sh: this machine's own OpenCL" >&2
  exec "$@"
fi

root=$("$here/root-path.sh")
[ -e "$root/.gpumlp-recipe" ] || root=$("$here/make-root.sh" "$root")
echo "run.sh: OpenCL of the root $root" >&2
dotnet=$(command -v dotnet || true)
[ -z "$dotnet" ] || dotnet=$(dirname "$(readlink -f "$dotnet")")
nuget=${NUGET_PACKAGES:-$HOME/.nuget}
namespace=(unshare --mount --propagation private)
[ "$(id -u)" -eq 0 ] || namespace=(unshare --user --map-root-user --mount --propagation private)
export GPUMLP_INNER_ROOT=$root GPUMLP_INNER_BIND="$repo:$dotnet:$nuget:/tmp:$PWD" GPUMLP_INNER_DOTNET=$dotnet
exec "${namespace[@]}" bash -euo pipefail -c '
  root=$GPUMLP_INNER_ROOT dotnet=$GPUMLP_INNER_DOTNET
  IFS=: read -ra places <<<"$GPUMLP_INNER_BIND"
  unset GPUMLP_INNER_ROOT GPUMLP_INNER_BIND GPUMLP_INNER_DOTNET
  # Only the empty folders that serve as mount points, and the cache of the compiled kernels, stay in the root.
  for place in proc dev sys; do mount --rbind /$place "$root/$place"; done
  for place in "${places[@]}"; do
    if [ -d "$place" ]; then mkdir -p "$root$place"; mount --rbind "$place" "$root$place"; fi
  done
  [ -z "$dotnet" ] || export DOTNET_ROOT=$dotnet PATH=$dotnet:$PATH
  exec chroot "$root" /usr/bin/env -C "$PWD" "$@"' run.sh "$@"
