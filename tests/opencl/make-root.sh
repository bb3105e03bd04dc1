#!/usr/bin/env bash
# make-root.sh [ROOT]: a Debian 13 root with PoCL 6, the CPU as an OpenCL device that ILGPU takes. Makes it in ROOT, or
# leaves it as it is when it is there already; the default place is a cache folder (root-path.sh). Prints the place.
#
# Why: ILGPU wants OpenCL 2.0 with the generic address space, which PoCL has since version 4; Debian 12 has 3.1. The same
# root has the newer libstdc++ that libtorch wants. Debian or a relative as the host, root rights and 800 MB are needed;
# the mirror is the one that this machine's apt sources name, or $DEBIAN_MIRROR.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-$("$here/root-path.sh")}
recipe=1                                    # raise it when the list of packages changes: an older root is made again
packages=pocl-opencl-icd,clinfo,libicu76,libstdc++6,libgomp1,ca-certificates

ready() { [ "$(cat "$root/.gpumlp-recipe" 2>/dev/null)" = "$recipe" ]; }
fail() { echo "make-root.sh: $*" >&2; exit 1; }

if ready; then echo "$root"; exit 0; fi
[ "$(id -u)" -eq 0 ] || fail "a root can only be made as root; run: sudo $0 $root"
mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock 9                                     # two at once: the second waits, then finds the root of the first
if ready; then echo "$root"; exit 0; fi

# The Debian archive among the machine's apt sources; its lists have to be there for apt to know whose they are.
mirror() { apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null | sed -n 's/^Debian //p' | head -n 1; }
from=${DEBIAN_MIRROR:-$(mirror)}
if ! command -v debootstrap >/dev/null || [ -z "$from" ]; then
  apt-get update -qq >&2 || fail "apt-get update failed: its sources in /etc/apt must be reachable"
  from=${from:-$(mirror)}
fi
command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >&2 || fail "debootstrap cannot be installed by apt-get"
[ -n "$from" ] || fail "no Debian archive among the apt sources of this machine; name one: DEBIAN_MIRROR=URL $0 $root"
proxy=$(apt-config dump --format '%v' Acquire::http::Proxy)
[ -z "$proxy" ] || export http_proxy=$proxy

part=$root.part
log=$root.log
trap 'rm -rf --one-file-system "$part"' EXIT # debootstrap mounts nothing that outlives it in this variant but proc
trap 'exit 143' TERM
trap 'exit 130' INT
rm -rf --one-file-system "$part"
started=$SECONDS
echo "make-root.sh: Debian 13 with PoCL into $root, about a minute; log: $log" >&2
debootstrap --variant=minbase --include="$packages" trixie "$part" "$from" >"$log" 2>&1 || { tail -n 5 "$log" >&2; fail "debootstrap failed; whole log: $log"; }
umount "$part/proc" "$part/sys" 2>/dev/null || true
rm -rf "$part"/var/cache/apt/archives/*.deb "$part"/var/lib/apt/lists/*
# Programs that look for the loader by the name without a version find it too; that link is in a -dev package otherwise.
library=$(echo "$part"/usr/lib/*/libOpenCL.so.1)
ln -sf libOpenCL.so.1 "${library%.1}"
echo "$recipe" >"$part/.gpumlp-recipe"
rm -rf --one-file-system "$root"
mv "$part" "$root"
echo "make-root.sh: made in $((SECONDS - started)) s, $(du -sm "$root" | cut -f1) MB" >&2
echo "$root"
