#!/bin/bash
# A larger passage reader (6 layers), from nothing: token files to package, on a GPU (one H200: about six minutes; SMALL=1 is
# a rehearsal on a CPU). Not run at full scale yet: no GPU was lent. Every part resumes when the script is run again. Needs
# the token files of starter-gpu.sh in WORK/data.
#
#   SUP="corpus/sup-*.jsonl.xz corpus-more/sup-more.jsonl.xz" bash training/runs/reader-gpu.sh
set -eo pipefail
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-python3}
WORK=${WORK:-/tmp/longleaf-training}
SUP=${SUP:-"$(echo /work/shared/corpus*/sup-*.jsonl.xz)"}
SUP=$(echo $SUP)                # patterns become names
OUT=${OUT:-$WORK/reader-gpu}
PACKAGE=${PACKAGE:-assets/models/reader}
MACHINE=${MACHINE:-"one NVIDIA H200"}
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
run() { echo "== $*"; "$PYTHON" -m "$@"; }

run training.reader.gpu --data "$WORK/data" --sup "$SUP" --out "$OUT" --small "${SMALL:-0}" --compile "${COMPILE:-0}" \
    --pretrain_seconds "${PRETRAIN_SECONDS:-150}" --train_seconds "${TRAIN_SECONDS:-150}"
run training.reader.export --run "$OUT" --data "$WORK/data" --out "$PACKAGE"
run training.reader.score --package "$PACKAGE" --sup $SUP --out "$OUT/scores.json"
run training.reader.card --package "$PACKAGE" --run "$OUT" --scores "$OUT/scores.json" --machine "$MACHINE" \
    --made training/runs/reader-gpu.sh
