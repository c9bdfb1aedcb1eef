#!/bin/bash
# The passage reader, version 2: version 1 goes on with 34,000 questions written for it, on one thread of a CPU (75 minutes);
# corpus to package. Every part resumes when the script is run again. Needs the token files of starter-v2.sh in
# WORK/splits and version 1's checkpoint (BEGIN; training/runs/reader-v1.sh makes it).
#
#   SUP="corpus/sup-*.jsonl.xz corpus-more/sup-more.jsonl.xz" bash training/runs/reader-v2.sh
#
# The weights that ship were made so while the questions were still being written: the first nine shards of examples knew
# 6,475 of the new ones, the next six 23,799, the next six 32,665, the last fifteen all 34,222 (seeds 5 to 8); their weights in
# the draw (TASK_WEIGHT) were 34 and 9, then 34 and 14, from the sixteenth shard on as they are now.
set -eo pipefail
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-/usr/bin/python3}
WORK=${WORK:-/tmp/longleaf-training}
SUP=${SUP:-"$(echo /work/shared/corpus*/sup-*.jsonl.xz)"}
SUP=$(echo $SUP)                # patterns become names
BEGIN=${BEGIN:-$WORK/reader/run/reader.pt}
OUT=${OUT:-$WORK/reader2}
PACKAGE=${PACKAGE:-assets/models/reader}
SECONDS_OF_QUESTIONS=${SECONDS_OF_QUESTIONS:-4500}
GROUPS_MADE=${GROUPS_MADE:-72000}
MACHINE=${MACHINE:-"one thread of a machine with $(nproc) cores ($(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs))"}
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 OMP_NUM_THREADS=1
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LONGLEAF_KERNELS=$WORK
run() { echo "== $*"; "$PYTHON" -m "$@"; }

run training.reader.examples --data "$WORK/splits" --sup $SUP --out "$OUT/examples" --groups "$GROUPS_MADE" --others 3 --near 2 \
    --cloze 0.08 0.08 --seed 7
run training.reader.gpu --data "$WORK/splits" --sup "$SUP" --out "$OUT" --begin "$BEGIN" --groups "$GROUPS_MADE" \
    --processes 1 --train_seconds "$SECONDS_OF_QUESTIONS" --tokens 8192 --lr_matrix_questions 0.005 --check_questions 80 \
    --check_every 600 --print_every 60
run training.reader.export --run "$OUT" --data "$WORK/splits" --out "$PACKAGE"
run training.reader.score --package "$PACKAGE" --sup $SUP --out "$OUT/scores.json"
run training.reader.card --package "$PACKAGE" --run "$OUT" --scores "$OUT/scores.json" --machine "$MACHINE" \
    --made training/runs/reader-v2.sh --begun "version 1 of this reader (92 minutes, 42.1 M tokens; commit fae4463)"
