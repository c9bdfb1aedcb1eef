#!/bin/bash
# The starter model, version 0: corpus to committed package. About 90 minutes on one thread; every stage can be resumed
# by running the script again. Needs: python3-torch, python3-regex, gcc (optional: a third of the speed without it).
#
#   CORPUS="corpus corpus-more" bash training/runs/starter-v0.sh
set -eo pipefail
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-/usr/bin/python3}
WORK=${WORK:-/tmp/longleaf-training}
CORPUS=${CORPUS:-"/work/shared/corpus /work/shared/corpus-more"}
PACKAGE=${PACKAGE:-assets/models/starter}
BASE_MINUTES=${BASE_MINUTES:-66}
MEMORY_MINUTES=${MEMORY_MINUTES:-12}
LONG_MEMORY_MINUTES=${LONG_MEMORY_MINUTES:-16}      # in total, with the first part
MACHINE=${MACHINE:-"a machine with $(nproc) cores ($(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs))"}

# glibc must not give memory back after every step: worth a quarter of the speed.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 OMP_NUM_THREADS=1
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LONGLEAF_KERNELS=$WORK
mkdir -p "$WORK"
run() { echo "== $*"; "$PYTHON" -m "$@"; }

[ -f "$WORK/data/tokenizer.json" ] || run training.data tokenizer --corpus $CORPUS --out "$WORK/data"
[ -f "$WORK/data/meta.json" ] || run training.data tokens --corpus $CORPUS --out "$WORK/data" --processes 2
run training.train_base --data "$WORK/data" --out "$WORK/base" --size nano --minutes "$BASE_MINUTES"
MEMORY="training.train_memory --data $WORK/data --base $WORK/base/base.pt --out $WORK/memory"
run $MEMORY --minutes "$MEMORY_MINUTES"
# A short second part over longer documents: without it 12 memories in a row are worse than the untrained stride.
run $MEMORY --minutes "$LONG_MEMORY_MINUTES" --segments 9 --documents 1
run training.export --data "$WORK/data" --base "$WORK/base/base.pt" --memory "$WORK/memory/memory.pt" --out "$PACKAGE" \
    --positions 1024        # farther ones are trained too little: see the table that training.scripts.raw_lengths prints
run training.scripts.make_golden "$PACKAGE"
run training.scripts.raw_lengths --package "$PACKAGE" --data "$WORK/data" | tee "$WORK/lengths.md"
run training.evaluate --package "$PACKAGE" --data "$WORK/data" --out "$WORK/figures.json" | tee "$WORK/figures.md"
run training.evaluate --package "$PACKAGE" --data "$WORK/data" --out "$WORK/book.json" \
    --only "The Lost World" --per_document 24 --ratios 8 | tee "$WORK/book.md"
run training.model_card --package "$PACKAGE" --data "$WORK/data" --base_log "$WORK/base/base.jsonl" \
    --memory_log "$WORK/memory/memory.jsonl" --figures "$WORK/figures.json" --book_figures "$WORK/book.json" \
    --lengths "$WORK/lengths.md" --corpus $CORPUS --machine "$MACHINE"
