#!/bin/bash
# The starter model, version 2, on a CPU: the base of starter-v1.sh as it is, and a memory without training: residual codes,
# fitted in a minute or two. Then package, golden numbers, figures, card. The gists of version 1 stay as what the codes are
# compared with; of starter-v1.sh the first two stages (joint/base.pt, adapter/memory.pt) are needed. A file that is there is
# not made again, except for the package: delete codes.pt or a figure file to have it made again.
#
#   bash training/runs/starter-v0.sh && bash training/runs/starter-v1.sh && bash training/runs/starter-v2.sh
set -eo pipefail
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-/usr/bin/python3}
WORK=${WORK:-/tmp/longleaf-training}
TEST=${TEST:-$WORK/splits}                  # token files of train, val and test (training.data tokens), same tokenizer
CORPUS=${CORPUS:-"/work/shared/corpus /work/shared/corpus-more"}
PACKAGE=${PACKAGE:-assets/models/starter}
MACHINE=${MACHINE:-"a machine with $(nproc) cores ($(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs))"}
BOOK=${BOOK:-The Lost World}
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 OMP_NUM_THREADS=1
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LONGLEAF_KERNELS=$WORK
run() { echo "== $*"; "$PYTHON" -m "$@"; }
is_there() { [ -f "$1" ] && echo "== there: $1"; }
BASE=$WORK/joint/base.pt; CODES=$WORK/codes; mkdir -p "$CODES"

is_there "$CODES/codes.pt" ||
  run training.fit_codes --base "$BASE" --data "$TEST" --out "$CODES/codes.pt" | tee "$CODES/fit.log"
run training.export --data "$TEST" --base "$BASE" --memory "$CODES/codes.pt" --out "$PACKAGE" --positions 2048
run training.scripts.make_golden "$PACKAGE"
run training.scripts.make_answers --package "$PACKAGE" --data "$TEST" --split test --out test/parity/golden/starter-answers.json
is_there "$WORK/lengths.md" ||
  run training.scripts.raw_lengths --package "$PACKAGE" --data "$TEST" | tee "$WORK/lengths.md"
is_there "$WORK/figures-codes.json" ||
  run training.evaluate --package "$PACKAGE" --gists "$WORK/adapter/memory.pt" --data "$TEST" \
      --out "$WORK/figures-codes.json" --documents 40 --per_document 2 --past 3,7,15 --short 3 --distances 512,1024,4096 \
      --rows 32 --parts bits,recall,speed --seconds "${EVALUATE_SECONDS:-1500}" | tee "$WORK/figures-codes.md"
is_there "$WORK/book-codes.json" ||
  run training.evaluate --package "$PACKAGE" --data "$TEST" --out "$WORK/book-codes.json" --parts bits --only "$BOOK" \
      --per_document 24 --past 3 --ratios 8 --recents 256 --controls 0 --seconds 600 | tee "$WORK/book-codes.md"
run training.codes_ablation --base "$BASE" --data "$TEST" --out "$WORK/codes-ablation.json"
run training.evaluation.report "$WORK/figures-codes.json" "$WORK/method-figures.json" --ablation "$WORK/codes-ablation.json" \
    --out docs/memory-methods.md
run training.model_card --package "$PACKAGE" --data "$WORK/data" --base_log "$WORK/base/base.jsonl" \
    --stage "adapter of version 0, base frozen" "$WORK/memory/memory.jsonl" \
    --stage "base and adapter together" "$WORK/joint/memory.jsonl" --codes_log "$CODES/fit.log" \
    --figures "$WORK/figures-codes.json" --book_figures "$WORK/book-codes.json" --lengths "$WORK/lengths.md" --corpus $CORPUS \
    --machine "$MACHINE" --run '`bash training/runs/starter-v0.sh && bash training/runs/starter-v1.sh && bash training/runs/starter-v2.sh`'
