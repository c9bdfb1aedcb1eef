#!/bin/bash
# The starter model, version 1, on a CPU: the checkpoints of starter-v0.sh, trained on. First base and adapter together (each
# sees the other, memories in few bits, under recent raw text, of other documents, quotes from far back), then the adapter
# alone over the new base, because joint training leaves it behind (docs/log.md). About 65 minutes on one thread; every stage
# resumes when the script is run again. The weights that ship were made so, but the first stage in two pieces: 500 of its
# steps under a schedule laid out for 80 minutes, the rest under one for 46.
#
#   bash training/runs/starter-v0.sh && bash training/runs/starter-v1.sh
set -eo pipefail
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-/usr/bin/python3}
WORK=${WORK:-/tmp/longleaf-training}
TEST=${TEST:-$WORK/splits}                  # token files with the split `test` (training.data tokens), same tokenizer
CORPUS=${CORPUS:-"/work/shared/corpus /work/shared/corpus-more"}
PACKAGE=${PACKAGE:-assets/models/starter}
MACHINE=${MACHINE:-"a machine with $(nproc) cores ($(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs))"}
BOOK=${BOOK:-The Lost World}
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 OMP_NUM_THREADS=1
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LONGLEAF_KERNELS=$WORK
run() { echo "== $*"; "$PYTHON" -m "$@"; }
MEMORY="training.train_memory --data $WORK/data --documents 1 --save_every 100"

run $MEMORY --base "$WORK/base/base.pt" --adapter "$WORK/memory/memory.pt" --out "$WORK/joint" --objective mixed \
    --segment 512,512,256 --segments 5,7,15 --plain 2 --plain_length 2048 --quoted 8 --ratios 8,8,16,32 --lr 1.5e-3 \
    --lr_matrix 0.003 --lr_embedding 1.5e-3 --distractors 0.15 --bits 16,8,4 --minutes "${JOINT_MINUTES:-46}"
run $MEMORY --base "$WORK/joint/base.pt" --adapter "$WORK/memory/memory.pt" --out "$WORK/adapter" --objective sequence \
    --segment 512 --segments 5,5,9 --ratios 8,8,16 --lr 3e-3 --minutes "${ADAPTER_MINUTES:-17}"

if [ ! -f "$TEST/meta.json" ]; then
  mkdir -p "$TEST" && cp "$WORK/data/tokenizer.json" "$TEST/"
  run training.data check --corpus $CORPUS --out "$TEST" --processes 2
  run training.data tokens --corpus $CORPUS --out "$TEST" --processes 2
fi
run training.export --data "$WORK/data" --base "$WORK/joint/base.pt" --memory "$WORK/adapter/memory.pt" --out "$PACKAGE" \
    --positions 2048
run training.scripts.make_golden "$PACKAGE"
run training.scripts.make_answers --package "$PACKAGE" --data "$TEST" --split test --out test/parity/golden/starter-answers.json
run training.scripts.raw_lengths --package "$PACKAGE" --data "$TEST" | tee "$WORK/lengths.md"
run training.evaluate --package "$PACKAGE" --data "$TEST" --out "$WORK/figures.json" --documents 40 --per_document 2 \
    --past 3,7,15 --seconds "${EVALUATE_SECONDS:-900}" | tee "$WORK/figures.md"
run training.evaluate --package "$PACKAGE" --data "$TEST" --out "$WORK/book.json" --parts bits --only "$BOOK" \
    --per_document 24 --past 3 --ratios 8 | tee "$WORK/book.md"
run training.model_card --package "$PACKAGE" --data "$WORK/data" --base_log "$WORK/base/base.jsonl" \
    --stage "adapter of version 0, base frozen" "$WORK/memory/memory.jsonl" \
    --stage "base and adapter together" "$WORK/joint/memory.jsonl" --stage "adapter alone" "$WORK/adapter/memory.jsonl" \
    --figures "$WORK/figures.json" --book_figures "$WORK/book.json" --lengths "$WORK/lengths.md" --corpus $CORPUS \
    --machine "$MACHINE" --run '`bash training/runs/starter-v0.sh && bash training/runs/starter-v1.sh`'
