#!/usr/bin/env bash
# Runs a command beside a Slurm of one node, this machine: Debian's slurmctld and slurmd, as root, without systemd or munge.
#   scripts/with-slurm.sh env TINYPOISON_REAL_SLURM=1 npx vitest run --project slow test/run/slurm-troubles.test.ts
# Exits with 77 where Slurm is not installed or cannot be started.
set -u
command -v slurmctld >/dev/null && command -v slurmd >/dev/null && [ "$(id -u)" = 0 ] || exit 77
folder=$(mktemp -d)
host=$(hostname -s)
mkdir "$folder/state" "$folder/spool"
cat > "$folder/slurm.conf" <<END
ClusterName=tinypoison
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/none
CredType=cred/none
# So long a task that was put back into the queue waits before it starts again.
AuthInfo=cred_expire=20
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmctldPort=26817
SlurmdPort=26818
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
ReturnToService=2
KillWait=20
MinJobAge=10
MaxArraySize=4
NodeName=$host CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$folder/slurm.conf
stop() {
  scancel --user="$(id -un)" 2>/dev/null
  for daemon in slurmd slurmctld; do kill "$(cat "$folder/$daemon.pid" 2>/dev/null)" 2>/dev/null; done
  sleep 1
  rm -rf "$folder"
}
trap stop EXIT
slurmctld && slurmd || exit 77
for _ in $(seq 20); do
  [ "$(sinfo --noheader --format=%t 2>/dev/null)" = idle ] && break
  sleep 1
done
[ "$(sinfo --noheader --format=%t 2>/dev/null)" = idle ] || { tail -5 "$folder"/*.log; exit 77; }
"$@"
