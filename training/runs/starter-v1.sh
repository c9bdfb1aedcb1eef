#!/bin/bash
# The starter model, version 1, on a CPU: the base of starter-v0.sh and its adapter, trained on together (base and gists
# see each other), then with instructions; about 105 minutes on one thread. Every stage resumes when it is run again.
# `small` (13.5 M) instead of nano: SIZE has to be given to starter-v0.sh; at the tokens that a CPU reads in an evening it
# is the worse model (docs/log.md).
#
#   bash training/runs/starter-v0.sh && bash training/runs/starter-v1.sh
set -eo pipefail
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-/usr/bin/python3}
WORK=${WORK:-/tmp/longleaf-training}
CORPUS=${CORPUS:-"/work/shared/corpus /work/shared/corpus-more"}
PACKAGE=${PACKAGE:-assets/models/starter}
JOINT_MINUTES=${JOINT_MINUTES:-80}
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 OMP_NUM_THREADS=1
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LONGLEAF_KERNELS=$WORK
run() { echo "== $*"; "$PYTHON" -m "$@"; }

run training.train_memory --data "$WORK/data" --base "$WORK/base/base.pt" --adapter "$WORK/memory/memory.pt" \
    --out "$WORK/joint" --objective mixed --segment 512,512,256 --segments 5,7,15 --documents 1 --plain 2 \
    --plain_length 2048 --quoted 8 --ratios 8,8,16,32 --lr 1.5e-3 --lr_matrix 0.003 --lr_embedding 1.5e-3 \
    --distractors 0.15 --bits 16,8,4 --minutes "$JOINT_MINUTES"
