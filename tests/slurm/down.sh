#!/usr/bin/env bash
# down.sh DIR: ends the jobs and daemons that up.sh DIR started, and nothing else.
root=$(realpath -m "$1")
export SLURM_CONF="$root/etc/slurm.conf"
timeout 10 scancel --user="$(id -un)" 2>/dev/null
for file in "$root"/run/slurmd-n1.pid "$root"/run/slurmd-n2.pid "$root"/run/slurmctld.pid "$root"/run/munged.pid; do
  [ -s "$file" ] || continue
  pid=$(cat "$file")
  # A number may belong to another process by now; ours have the folder in their command line or settings.
  tr '\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null | grep -qF "$root" || continue
  kill "$pid" 2>/dev/null
  for try in $(seq 1 50); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null
done

# Programs of jobs whose node was cut off.
for environment in $(grep -lzsxF "SLURM_CONF=$root/etc/slurm.conf" /proc/[0-9]*/environ 2>/dev/null); do
  grep -qzsx 'SLURMD_NODENAME=n[12]' "$environment" && kill -9 "$(echo "$environment" | cut -d/ -f3)" 2>/dev/null
done
exit 0
