#!/usr/bin/env bash
# compare-f1.sh EXPECTED.csv ACTUAL.csv MOST: whether two tables of a run have the same rows, and F1 figures that differ by
# at most MOST. Columns whose names end in f1 are compared; those that are no figures must be equal. Prints the largest
# difference.
set -euo pipefail
[ $# -eq 3 ] || { echo "compare-f1.sh: EXPECTED.csv ACTUAL.csv MOST are wanted" >&2; exit 2; }
paste -d '\n' "$1" "$2" | awk -F, -v most="$3" -v name="$(basename "$1")" '
  NR == 1 { first = $0; split($0, header); next }
  NR == 2 { if ($0 != first) { print name ": other columns"; bad = 1; exit } next }
  NR % 2 == 1 { for (i = 1; i <= NF; i++) expected[i] = $i; fields = NF; next }
  {
    rows++
    if (NF != fields) { print name ": a row is missing"; bad = 1; exit }
    for (i = 1; i <= NF; i++) {
      if (header[i] ~ /f1$/) {
        figures++
        difference = expected[i] - $i
        if (difference < 0) difference = -difference
        if (difference > largest) largest = difference
      } else if (header[i] ~ /^(task|seed|hidden|lr|batch|epochs|init_std|weight_decay|method|sparsity|corruption|severity|status)$/ && expected[i] != $i) {
        print name ": row " rows ", " header[i] ": " expected[i] " and " $i; bad = 1; exit
      }
    }
  }
  END {
    if (bad) exit 1
    printf "%s: %d figures in %d rows, largest difference %.2g\n", name, figures, rows, largest
    exit !(figures > 0 && largest <= most)
  }'
