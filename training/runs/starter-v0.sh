#!/bin/bash
# The starter model, version 0: corpus to checkpoints, from which starter-v1.sh goes on. About 85 minutes on one thread; every
# stage can be resumed by running the script again. (The package of version 0 was made by this file at commit fae4463.) Needs: python3-torch, python3-regex, gcc (optional: a third of the speed without it).
#
#   CORPUS="corpus corpus-more" bash training/runs/starter-v0.sh
set -eo pipefail
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-/usr/bin/python3}
WORK=${WORK:-/tmp/longleaf-training}
CORPUS=${CORPUS:-"/work/shared/corpus /work/shared/corpus-more"}
BASE_MINUTES=${BASE_MINUTES:-66}
MEMORY_MINUTES=${MEMORY_MINUTES:-12}
LONG_MEMORY_MINUTES=${LONG_MEMORY_MINUTES:-16}      # in total, with the first part

# glibc must not give memory back after every step: worth a quarter of the speed.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 OMP_NUM_THREADS=1
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LONGLEAF_KERNELS=$WORK
mkdir -p "$WORK"
run() { echo "== $*"; "$PYTHON" -m "$@"; }

[ -f "$WORK/data/tokenizer.json" ] || run training.data tokenizer --corpus $CORPUS --out "$WORK/data"
# The checkpoints that ship saw the token files of commit fae4463: the same documents, overlaps not yet dropped, no notes.
[ -f "$WORK/data/meta.json" ] || run training.data tokens --corpus $CORPUS --out "$WORK/data" --processes 2 --sup none
run training.train_base --data "$WORK/data" --out "$WORK/base" --size nano --minutes "$BASE_MINUTES"
MEMORY="training.train_memory --data $WORK/data --base $WORK/base/base.pt --out $WORK/memory"
run $MEMORY --minutes "$MEMORY_MINUTES"
# A short second part over longer documents: without it 12 memories in a row are worse than the untrained stride.
run $MEMORY --minutes "$LONG_MEMORY_MINUTES" --segments 9 --documents 1
