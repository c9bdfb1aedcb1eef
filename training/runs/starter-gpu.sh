#!/bin/bash
# The starter model and the reader on one H200-class GPU, about 24 minutes of it, in calls of at most 9.5 minutes on one
# machine that stays warm between them. State lies in $STATE; every stage resumes when it is run again.
# NOT RUN ON A GPU YET: none was lent. Rehearsed on a CPU at nano scale (last lines of this comment).
#
#   bash training/runs/starter-gpu.sh pack            here, once: corpus to shards .gpu/A, .gpu/B, .gpu/C (<= 34 MB each)
#   bash training/runs/starter-gpu.sh trial           with .gpu/A: a short run of every stage, to see that it works there
#   bash training/runs/starter-gpu.sh receive         with .gpu/A, then with .gpu/B, then .gpu/C: unpack what has arrived
#   bash training/runs/starter-gpu.sh start           all stages in the background; waits for shards that a stage needs
#   bash training/runs/starter-gpu.sh wait SECONDS    progress, until all is done or the seconds are over
#   bash training/runs/starter-gpu.sh collect         results to $OUT, in files of at most 15 MiB
# Rehearsal on a CPU, nano scale, minutes: SMALL=1 STATE=/tmp/x OUT=/tmp/x/out bash training/runs/starter-gpu.sh start
set -o pipefail
HERE=$(cd "$(dirname "$0")/../.." && pwd)
STATE=${STATE:-$HOME/longleaf}; OUT=${OUT:-$STATE/out}; PY=${PY:-python3}; SHARDS=${SHARDS:-$HERE/.gpu}
DATA=$STATE/data; LOG=$STATE/log; SUP="$STATE/sup"
mkdir -p "$DATA" "$LOG" "$SUP" "$OUT"
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} LONGLEAF_KERNELS=$STATE
export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True TORCHINDUCTOR_CACHE_DIR=$STATE/inductor

if [ -n "$SMALL" ]; then
  BASE_MINUTES=${BASE_MINUTES:-0.5}; MEMORY_MINUTES=${MEMORY_MINUTES:-0.5}; INSTRUCT_SECONDS=${INSTRUCT_SECONDS:-30}
  READER_SECONDS=${READER_SECONDS:-20}; METHOD_STEPS=${METHOD_STEPS:-6}; METHOD_SECONDS=${METHOD_SECONDS:-20}
  BASE="--size nano --lengths 0:256"
  MEMORY="--segments 5,9 --segment 128,256 --documents 1 --plain 2 --plain_length 512 --quoted 2 --rank 8"
  METHOD="--documents 2 --segments 4"; INSTRUCT="--tokens 4096"; READER="--small"
  EVALUATE="--documents 4 --past 3 --ratios 8 --quick"
else
  BASE_MINUTES=${BASE_MINUTES:-6.5}; MEMORY_MINUTES=${MEMORY_MINUTES:-8}; INSTRUCT_SECONDS=${INSTRUCT_SECONDS:-150}
  READER_SECONDS=${READER_SECONDS:-150}; METHOD_STEPS=${METHOD_STEPS:-800}; METHOD_SECONDS=${METHOD_SECONDS:-240}
  BASE="--size starter --batch 131072 --micro_batch 131072 --lengths 0:1024,0.7:2048 --save_every 2 --threads 4"
  BASE="$BASE --lr_matrix ${LR_MATRIX:-0.02} --lr_embedding ${LR_EMBEDDING:-8e-3}"
  MEMORY="--segments 5,9,17,33 --segment 512,512,384,256 --documents 4 --plain 16 --quoted 8 --rank 32 --lr 2e-3"
  MEMORY="$MEMORY --lr_matrix 0.006 --lr_embedding 2.5e-3 --bits 16,8,4 --threads 4 --save_every 200"
  METHOD="--documents 16 --segments 8"; INSTRUCT="--tokens 65536"; READER=""; EVALUATE="--documents 40"
fi

CODE=${CODE:-$HERE}                         # `start` runs from a copy: the tree may change while a machine is held
run() { echo "== $(date +%T) $*"; (cd "$CODE" && "$PY" -m "$@"); }
done_() { touch "$STATE/done.$1"; echo "== $(date +%T) done: $1"; }
is_done() { [ -f "$STATE/done.$1" ]; }
await() { until is_done "$1" || [ -f "$STATE/failed.$1" ]; do sleep 1; done; is_done "$1"; }
stage() {                                   # stage NAME COMMAND...: once, with its own log
  is_done "$1" && return 0
  if "$2" > "$LOG/$1.log" 2>&1; then done_ "$1"; else touch "$STATE/failed.$1"; echo "== failed: $1"; tail -5 "$LOG/$1.log"; return 1; fi
}
sup_files() { ls "$SUP"/sup-*.jsonl.xz; }

base() { run training.train_base --data "$DATA" --out "$STATE/base" --minutes "$BASE_MINUTES" $BASE; }
memory() {
  run training.train_memory --data "$DATA" --base "$STATE/base/base.pt" --out "$STATE/memory" --objective mixed \
      --ratios 8,8,16,32 --minutes "$MEMORY_MINUTES" $MEMORY
}
examples() { run training.instruct examples --data "$DATA" --sup $(sup_files) --out "$STATE/examples"; }
instruct() {
  run training.instruct train --data "$DATA" --examples "$STATE/examples" --base "$STATE/memory/base.pt" \
      --memory "$STATE/memory/memory.pt" --out "$STATE/instruct" --seconds "$INSTRUCT_SECONDS" $INSTRUCT
}
reader() {
  run training.reader.gpu --data "$DATA" --sup $(sup_files) --out "$STATE/reader" \
      --pretrain_seconds "$READER_SECONDS" --train_seconds "$READER_SECONDS" $READER
}
