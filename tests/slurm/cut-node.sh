#!/usr/bin/env bash
# cut-node.sh DIR NODE [all]: a node that Slurm hears nothing of any more. Its daemon and those of its jobs are killed; the
# programs of its jobs go on, as behind a broken network - or are killed too with "all", as by a power loss.
root=$(realpath -m "$1"); node=$2; what=${3:-}
programs=() daemons=()
for environment in $(grep -lzsxF "SLURMD_NODENAME=$node" /proc/[0-9]*/environ 2>/dev/null); do
  grep -qzsxF "SLURM_CONF=$root/etc/slurm.conf" "$environment" || continue
  pid=$(echo "$environment" | cut -d/ -f3)
  parent=$(awk '{print $4}' "/proc/$pid/stat" 2>/dev/null)
  # Stopped first: on a busy machine a program could come to its end, and Slurm hear of it, while this script looks around.
  kill -STOP "$pid" && programs+=("$pid")
  grep -qs slurmstepd "/proc/$parent/comm" && daemons+=("$parent")
done
kill -9 "$(cat "$root/run/slurmd-$node.pid")" "${daemons[@]}"
[ "$what" = all ] && signal=KILL || signal=CONT
[ ${#programs[@]} -eq 0 ] || kill -"$signal" "${programs[@]}"
scontrol update nodename="$node" state=down reason="cut off"
