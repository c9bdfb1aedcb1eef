#!/bin/bash
# The starter model and the reader on one H200-class GPU, about 24 minutes of it, in calls of at most 9.5 minutes on one
# machine that stays warm between them. State lies in $STATE; every stage resumes when it is run again.
# The memory that ships is residual codes, fitted over the last base in seconds. GISTS=1 (the default) trains base and gists
# together, tunes on questions over them, and compares codes with gists; GISTS=0 fits the codes over the plain base and stops.
# NOT RUN ON A GPU YET: none was lent. Rehearsed on a CPU at nano scale, all stages, in ten minutes (last line here).
#
#   bash training/runs/starter-gpu.sh pack            here, once: corpus to shards .gpu/A, .gpu/B, .gpu/C (<= 34 MB each)
#   bash training/runs/starter-gpu.sh receive         with .gpu/A, then .gpu/B, then .gpu/C: keep what has arrived
#   bash training/runs/starter-gpu.sh start           all stages in the background; a stage waits for what it needs
#   bash training/runs/starter-gpu.sh wait SECONDS    progress, until all is done or the seconds are over
#   bash training/runs/starter-gpu.sh collect         results to $OUT, in files of at most 15 MiB
# In calls of the lent machine: "receive" (A); "receive; start; wait 540" (B); "receive; wait 540" (C); "wait 300; collect".
# Rehearsal on a CPU, nano scale: SMALL=1 STATE=/tmp/x bash training/runs/starter-gpu.sh rehearse
set -o pipefail
HERE=$(cd "$(dirname "$0")/../.." && pwd); SELF=$HERE/training/runs/starter-gpu.sh
STATE=${STATE:-$HOME/longleaf}; OUT=${OUT:-$STATE/out}; PY=${PY:-python3}; SHARDS=${SHARDS:-$HERE/.gpu}
DATA=$STATE/data; LOG=$STATE/log; SHARDS_KEPT=$STATE/shards
mkdir -p "$DATA" "$LOG" "$OUT"
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} LONGLEAF_KERNELS=$STATE
export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True TORCHINDUCTOR_CACHE_DIR=$STATE/inductor

GISTS=${GISTS:-1}
if [ "$GISTS" = 1 ]; then LAST_BASE=$STATE/instruct/base.pt; TAUGHT=--taught; BESIDE="--gists $STATE/distilled/memory.pt"
else LAST_BASE=$STATE/base/base.pt; TAUGHT=; BESIDE=; fi
if [ -n "$SMALL" ]; then
  CODES="--tokens 16384 --segment 128"
  BASE_MINUTES=${BASE_MINUTES:-0.5}; MEMORY_MINUTES=${MEMORY_MINUTES:-0.5}; INSTRUCT_SECONDS=${INSTRUCT_SECONDS:-30}
  READER_SECONDS=${READER_SECONDS:-20}; METHOD_STEPS=${METHOD_STEPS:-6}; METHOD_SECONDS=${METHOD_SECONDS:-20}
  BASE="--size nano --lengths 0:256"
  MEMORY="--segments 5,9 --segment 128,256 --documents 1 --plain 2 --plain_length 512 --quoted 2 --rank 8"
  METHOD="--documents 2 --segments 4"; INSTRUCT="--tokens 4096"; READER="--small 1"
  DISTIL_MINUTES=${DISTIL_MINUTES:-0.3}; DISTIL="--segment 128 --segments 4 --documents 1 --plain_length 512"; POSITIONS=1024
  EVALUATE="--documents 4 --past 3 --ratios 8 --quick --split val"
else
  CODES="--tokens 400000 --threads 4"
  BASE_MINUTES=${BASE_MINUTES:-6.5}; MEMORY_MINUTES=${MEMORY_MINUTES:-8}; INSTRUCT_SECONDS=${INSTRUCT_SECONDS:-150}
  READER_SECONDS=${READER_SECONDS:-150}; METHOD_STEPS=${METHOD_STEPS:-800}; METHOD_SECONDS=${METHOD_SECONDS:-240}
  BASE="--size starter --batch 131072 --micro_batch 131072 --lengths 0:1024,0.7:2048 --save_every 2 --threads 4"
  BASE="$BASE --lr_matrix ${LR_MATRIX:-0.02} --lr_embedding ${LR_EMBEDDING:-8e-3}"
  MEMORY="--segments 5,9,17,33 --segment 512,512,384,256 --documents 4 --plain 16 --quoted 8 --rank 32 --lr 2e-3"
  MEMORY="$MEMORY --lr_matrix 0.006 --lr_embedding 2.5e-3 --bits 16,8,4 --threads 4 --save_every 200"
  METHOD="--documents 16 --segments 8"; INSTRUCT="--tokens 65536"; READER="--compile 0"
  DISTIL_MINUTES=${DISTIL_MINUTES:-2.5}; DISTIL="--segment 512,512,256 --segments 4,4,17 --documents 4 --lr 2e-3 --threads 4"
  POSITIONS=3072; EVALUATE="--documents 40 --seconds 20 --threads 8"
fi

CODE=${CODE:-$STATE/code}                   # `start` copies the code: the tree may change while a machine is held
run() { echo "== $(date +%T) $*"; (cd "$CODE" && "$PY" -m "$@"); }
is_done() { [ -f "$STATE/done.$1" ]; }
has_failed() { [ -f "$STATE/failed.$1" ]; }
await() { until is_done "$1" || has_failed "$1"; do sleep 1; done; is_done "$1"; }
stage() {                                   # stage NAME: the function of that name, once, with its own log
  is_done "$1" && return 0
  rm -f "$STATE/failed.$1"; echo "== $(date +%T) start: $1"
  if "$1" > "$LOG/$1.log" 2>&1; then touch "$STATE/done.$1"; echo "== $(date +%T) done: $1"
  else touch "$STATE/failed.$1"; echo "== $(date +%T) FAILED: $1"; tail -5 "$LOG/$1.log"; return 1; fi
}
sup_files() { ls "$SHARDS_KEPT"/*/sup-*.jsonl.xz; }

tokens() {                                  # what A and B brought; the notes of C come too late for the base
  until ls "$SHARDS_KEPT"/B/manifest.json.xz > /dev/null 2>&1 || [ -n "$SMALL" ]; do sleep 1; done
  run training.shards unpack --shards $(ls -d "$SHARDS_KEPT"/*) --out "$DATA" && cp "$CODE/assets/tokenizer.json" "$DATA/"
}
base() { run training.train_base --data "$DATA" --out "$STATE/base" --minutes "$BASE_MINUTES" $BASE; }
memory() {
  run training.train_memory --data "$DATA" --base "$STATE/base/base.pt" --out "$STATE/memory" --objective mixed \
      --ratios 8,8,16,32 --minutes "$MEMORY_MINUTES" $MEMORY
}
distilled() {                               # the adapter alone: joint training leaves it behind its own base (docs/log.md)
  run training.train_memory --data "$DATA" --base "$STATE/instruct/base.pt" --adapter "$STATE/instruct/memory.pt" \
      --out "$STATE/distilled" --objective distilled --ratios 8,8,8,16,32 --bits 16,8,4 --minutes "$DISTIL_MINUTES" $DISTIL
}
examples() {
  until ls "$SHARDS_KEPT"/C/manifest.json.xz > /dev/null 2>&1 || [ -n "$SMALL" ]; do sleep 1; done
  run training.instruct examples --data "$DATA" --sup $(sup_files) --out "$STATE/examples"
}
instruct() {
  run training.instruct train --data "$DATA" --examples "$STATE/examples" --base "$STATE/memory/base.pt" \
      --memory "$STATE/memory/memory.pt" --out "$STATE/instruct" --seconds "$INSTRUCT_SECONDS" $INSTRUCT
}
reader() {
  run training.reader.gpu --data "$DATA" --sup "$(sup_files | xargs)" --out "$STATE/reader" $READER \
      --pretrain_seconds "$READER_SECONDS" --train_seconds "$READER_SECONDS" &&
  run training.reader.export --run "$STATE/reader" --data "$DATA" --out "$STATE/reader-package"
}
compare() {                                 # compare NAME ARGUMENTS: one method over the plain base
  run training.compare --data "$DATA" --base "$STATE/base/base.pt" --out "$STATE/methods" --name "$1" "${@:2}" \
      --steps "$METHOD_STEPS" --seconds "$METHOD_SECONDS" --segment 256 --ratio 8 $METHOD > "$LOG/method-$1.log" 2>&1
}
methods() {                                 # side by side: each one alone waits for its own launches most of the time
  for name in uio gist ours icae beacon ccm autocompressor rmt recall fot selection; do compare $name --method $name & done
  compare uio-compensated --method uio --gradient reservoir --slots 2 --compensated 1 &
  compare uio-uncompensated --method uio --gradient reservoir --slots 2 --compensated 0 &
  wait; tail -qn 1 "$LOG"/method-*.log; ls "$STATE"/methods/*.pt
}
codes() { run training.fit_codes --data "$DATA" --base "$LAST_BASE" --out "$STATE/codes.pt" $CODES; }
package() {
  run training.export --data "$DATA" --base "$LAST_BASE" --memory "$STATE/codes.pt" --out "$STATE/package" \
      --positions "$POSITIONS" $TAUGHT && run training.scripts.make_golden "$STATE/package"
}
figures() {
  run training.evaluate --package "$STATE/package" $BESIDE --data "$DATA" --examples "$STATE/examples" --chat "$GISTS" \
      --out "$STATE/figures.json" $EVALUATE
}
method_figures() {
  run training.evaluate --methods "$STATE/methods" --method_base "$STATE/base/base.pt" --trained "$POSITIONS" \
      --data "$DATA" --examples "$STATE/examples" --out "$STATE/method-figures.json" $EVALUATE
}

gists() { stage memory && await examples && stage instruct && stage distilled; }
main_line() { stage base && { [ "$GISTS" = 0 ] || gists; } && stage codes && stage package && await examples && stage figures; }
side_line() { await base && stage examples && stage reader; }
method_line() { await base && stage methods && await examples && stage method_figures; }
all() { stage tokens && { main_line & side_line & method_line & wait; }; touch "$STATE/over"; }
copy_code() {
  mkdir -p "$CODE/assets" && cp -r "$HERE/training" "$CODE/" && cp "$HERE/assets/models/starter/tokenizer.json" "$CODE/assets/"
}
progress() { tail -qn 1 "$LOG"/*.log 2> /dev/null | cut -c 1-160; }

case $1 in
pack)    cd "$HERE" && "$PY" -m training.shards pack --data "${2:?folder of token files}" --corpus ${CORPUS:?} --out "$SHARDS" ;;
receive) mkdir -p "$SHARDS_KEPT" && cp -r "$SHARDS"/* "$SHARDS_KEPT"/ && ls "$SHARDS_KEPT" ;;
start)   copy_code; rm -f "$STATE/over"; setsid bash "$SELF" all > "$LOG/all.log" 2>&1 < /dev/null & ;;
all)     all ;;
wait)    for ((i = 0; i < $2; i += 5)); do [ -f "$STATE/over" ] && break; sleep 5; done; cat "$LOG/all.log"; progress ;;
collect) cd "$STATE" && mkdir -p slim && "$PY" - methods/*.pt <<'PYTHON'
import sys, torch                           # methods without the state of their optimisers: a third of the size
for path in sys.argv[1:]:
    saved = torch.load(path, map_location="cpu")
    saved["optimizer"] = None
    torch.save(saved, path.replace("methods", "slim", 1))
PYTHON
         tar cf - log slim *.json package/*.json package/memory/*.json */*.jsonl 2> /dev/null | xz -T0 |
             split -b 15728640 -d -a 1 - "$OUT/results.tar.xz."          # cat them together again
         cp package/model.safetensors "$OUT/starter.safetensors"; cp package/memory/adapter_model.safetensors "$OUT/"
         tar cf "$OUT/reader.tar" reader-package; ls -la "$OUT" ;;
rehearse) bash "$SELF" start; bash "$SELF" wait "${2:-3000}"; bash "$SELF" collect ;;
*)       sed -n '2,14p' "$0"; exit 2 ;;
esac
