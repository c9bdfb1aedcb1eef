#!/bin/bash
# The passage reader, version 1: corpus and base checkpoint to committed package. About 100 minutes on one thread; every
# part resumes when the script is run again. The shipped weights were made so, but in five runs (35, 20, 5, 32 minutes of
# schedule in the three parts), with the end of the schedule first at 95, at last at 92 minutes. Needs what starter-v0.sh needs, and its base.pt.
#
#   CORPUS="corpus corpus-more" bash training/runs/reader-v1.sh
#
# The stages it calls have since been rewritten for reader-v2.sh. To make version 1 again: git checkout fae4463 first.
set -eo pipefail
cd "$(dirname "$0")/../.."
grep -q -- --corpus training/reader/examples.py || { echo "made for another commit: git checkout fae4463, then run it there"; exit 2; }
PYTHON=${PYTHON:-/usr/bin/python3}
WORK=${WORK:-/tmp/longleaf-training}
CORPUS=${CORPUS:-"/work/shared/corpus /work/shared/corpus-more"}
PACKAGE=${PACKAGE:-assets/models/reader}
MINUTES=${MINUTES:-92}
CHECK=${CHECK:-/work/shared/corpus/sup-short-human.jsonl.xz}
MACHINE=${MACHINE:-"a machine with $(nproc) cores ($(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs))"}

export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 OMP_NUM_THREADS=1
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LONGLEAF_KERNELS=$WORK
run() { echo "== $*"; "$PYTHON" -m "$@"; }

# Three parts of one schedule: at first many questions made by rule; then passages of the same document as rivals; then
# also the questions written for this (training/reader/written-questions.jsonl.xz), a quarter of all.
examples() { [ -d "$WORK/reader/$1" ] ||
    run training.reader.examples --data "$WORK/data" --corpus $CORPUS --out "$WORK/reader/$1" "${@:2}"; }
part() { run training.reader.train --base "$WORK/base/base.pt" --data "$WORK/data" --examples "$WORK/reader/$1" \
    --out "$WORK/reader/run" --minutes "$MINUTES" --until "$2" --tokens 8000 --check "$CHECK"; }
examples examples --groups 130000 --without_written
part examples $((MINUTES * 38 / 100))
examples examples2 --groups 36000 --cloze 0.2 0.2 --others 3 --near 2 --seed 1 --without_written
part examples2 $((MINUTES * 60 / 100))
examples examples3 --groups 44000 --cloze 0.1 0.1 --others 3 --near 2 --seed 2
part examples3 "$MINUTES"
run training.reader.export --run "$WORK/reader/run" --data "$WORK/data" --out "$PACKAGE"
run training.reader.score --package "$PACKAGE" --corpus $CORPUS --out "$WORK/reader/scores.json"
run training.reader.card --package "$PACKAGE" --run "$WORK/reader/run" --examples "$WORK/reader/examples" \
    --scores "$WORK/reader/scores.json" --machine "$MACHINE"
