#!/bin/bash
# The dense retriever, version 1: base checkpoint to figures. About 50 minutes of training on one thread, then the gate.
# It was measured, and it did not enter (docs/answers.md): nothing is exported. Every part resumes when the script is run
# again. Needs the token files and base.pt that the starter's runs leave in WORK, and Node for what lexical search finds.
#
#   CORPUS="corpus corpus-more" bash training/runs/retriever-v1.sh
set -eo pipefail
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-/usr/bin/python3}
WORK=${WORK:-/tmp/longleaf-training}
CORPUS=${CORPUS:-"/work/shared/corpus /work/shared/corpus-more"}
BASE=${BASE:-$WORK/joint/base.pt}
DATA=${DATA:-$WORK/splits}
OUT=${OUT:-$WORK/retriever}
MINUTES=${MINUTES:-50}
MAIN_CORPUS=$(echo $CORPUS | cut -d' ' -f1)      # the haystacks' files lie in the first
SUP=$(for folder in $CORPUS; do echo "$folder"/sup-*.jsonl.xz; done)

export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 OMP_NUM_THREADS=1
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LONGLEAF_KERNELS=$WORK
export LONGLEAF_CORPUS=${CORPUS// /:}
run() { echo "== $*"; "$PYTHON" -m "$@"; }

mkdir -p "$OUT"
run training.retriever.pairs --data "$DATA" --sup $SUP --out "$OUT/pairs"
run training.retriever.train --base "$BASE" --pairs "$OUT/pairs" --data "$DATA" --out "$OUT" --minutes "$MINUTES" --save_every 5 \
    --check "$MAIN_CORPUS/sup-short-human.jsonl.xz,$MAIN_CORPUS/sup-extra.jsonl.xz"
if [ ! -s "$OUT/windows.jsonl" ]; then
    "$PYTHON" bench/retrieval/make-haystacks.py "$MAIN_CORPUS" "$OUT/whole-check-3.json" --seed 3 --part check --whole
    "$PYTHON" bench/retrieval/make-haystacks.py "$MAIN_CORPUS" "$OUT/check-4.json" --seed 4 --part check
    node bench/retrieval/dense-windows.ts "$OUT/windows.part" "$OUT/whole-check-3.json" "$OUT/check-4.json" \
        --questions 30 --fitted --development
    mv "$OUT/windows.part" "$OUT/windows.jsonl"
fi
run training.retriever.measure --run "$OUT" --windows "$OUT/windows.jsonl" --data "$DATA" --json "$OUT/figures.json"
