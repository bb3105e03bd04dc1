#!/usr/bin/env bash
# up.sh DIR: a private Slurm of two nodes, n1 and n2, on this machine alone. Everything lies under DIR, nothing of the
# system's Slurm is used, and no right of root is needed. Ends when both nodes are idle. Then: export SLURM_CONF=DIR/etc/slurm.conf
set -euo pipefail
root=$(realpath -m "$1")
host=$(hostname -s)
user=$(id -un)
mkdir -p "$root"/{etc,state,run,log,spool-n1,spool-n2}

# munged wants its key closed and its socket's folder open.
chmod 700 "$root/etc"
chmod 755 "$root" "$root/run"
(umask 077; head -c 1024 /dev/urandom > "$root/etc/munge.key")

# Three ports in a row that nobody listens on, so that several clusters can be up at once.
free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port=0
for try in $(seq 1 50); do
  port=$((20000 + RANDOM % 10000))
  free $port && free $((port + 1)) && free $((port + 2)) && break
done

# cred_expire: a requeued job waits so long; 5 s is the least that is accepted. No test waits for the other timeouts (a node
# that is cut off is reported at once), so that they only say from when on a busy machine counts as a broken one: late.
cat > "$root/etc/slurm.conf" <<CONF
ClusterName=gpumlp
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$root/run/munge.sock,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool-%n
SlurmctldPidFile=$root/run/slurmctld.pid
SlurmdPidFile=$root/run/slurmd-%n.pid
SlurmctldLogFile=$root/log/slurmctld.log
SlurmdLogFile=$root/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SwitchType=switch/none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,sched_min_interval=0,bf_interval=1,batch_sched_delay=0
GresTypes=gpu
ReturnToService=2
SlurmdTimeout=60
SlurmctldTimeout=30
MessageTimeout=15
KillWait=3
UnkillableStepTimeout=30
MinJobAge=600
MaxArraySize=1001
SlurmdParameters=config_overrides
SlurmctldParameters=preempt_send_user_signal
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=4 RealMemory=1000 Gres=gpu:1 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=4 RealMemory=1000 Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=10 State=UP PriorityTier=1 GraceTime=10
PartitionName=urgent Nodes=n1,n2 Default=NO MaxTime=10 State=UP PriorityTier=10 PreemptMode=OFF
CONF

# A GPU's file must be a device; any will do, since nothing is confined to it.
cat > "$root/etc/gres.conf" <<CONF
AutoDetect=off
NodeName=n1 Name=gpu File=/dev/null
NodeName=n2 Name=gpu File=/dev/zero
CONF

export SLURM_CONF="$root/etc/slurm.conf"
munged --key-file="$root/etc/munge.key" --socket="$root/run/munge.sock" --pid-file="$root/run/munged.pid" \
  --seed-file="$root/run/munge.seed" --log-file="$root/log/munged.log"
slurmctld -c -f "$SLURM_CONF"
slurmd -N n1 -f "$SLURM_CONF"
slurmd -N n2 -f "$SLURM_CONF"

for try in $(seq 1 600); do
  [ "$(sinfo --noheader --Node --partition=main --format=%T 2>/dev/null | grep -c '^idle$')" = 2 ] && exit 0
  sleep 0.1
done
echo "the cluster did not come up" >&2
tail -n 20 "$root"/log/*.log >&2
exit 1
