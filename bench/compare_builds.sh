#!/usr/bin/env bash
# The same bytes for any number of threads, and the same numbers from two compilers.
#   bench/compare_builds.sh RADTYPE_A RADTYPE_B [MASK...]
# Measures the phantom (and each MASK, shape only) with both programs, and the first with 1, 2 and 5 threads. Prints the
# largest relative difference between the programs; fails over 1e-10, or where threads change a byte.
set -euo pipefail

a=${1:?usage: bench/compare_builds.sh RADTYPE_A RADTYPE_B [MASK...]}
b=${2:?usage: bench/compare_builds.sh RADTYPE_A RADTYPE_B [MASK...]}
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$a" --quiet simulate --preset phantom --out "$folder/phantom"
failed=0

compare() {
  local name=$1
  shift
  for threads in 1 2 5; do
    "$a" --quiet --threads $threads extract "$@" --compat wu2021 --out "$folder/$name.$threads.json" \
      --csv "$folder/$name.$threads.csv" || [[ $? == 4 ]]
    cmp "$folder/$name.1.csv" "$folder/$name.$threads.csv" || failed=1
  done
  "$b" --quiet --threads 1 extract "$@" --compat wu2021 --out "$folder/$name.b.json" --csv "$folder/$name.b.csv" || [[ $? == 4 ]]
  # The last column holds text; cells of numbers hold no commas.
  awk -F, -v name="$name" '
    {gsub(/"[^"]*"/, "text")}
    NR == FNR {if (FNR > 1) for (i = 6; i < NF; ++i) first[FNR, i] = $i; else for (i = 6; i < NF; ++i) title[i] = $i; next}
    FNR > 1 {
      for (i = 6; i < NF; ++i) {
        if (($i == "") != (first[FNR, i] == "")) {print name ": " title[i] " is missing in one"; worst = 1; where = title[i]}
        if ($i !~ /^-?[0-9.e+-]+$/) continue
        size = first[FNR, i] < 0 ? -first[FNR, i] : first[FNR, i]
        difference = ($i - first[FNR, i]) / (size > 1e-6 ? size : 1e-6)
        if (difference < 0) difference = -difference
        ++count
        if (difference > worst) {worst = difference; where = title[i]}
      }
    }
    END {printf "%-24s %5d numbers, largest relative difference %.1e %s\n", name, count, worst, where; exit worst > 1e-10}
  ' "$folder/$name.1.csv" "$folder/$name.b.csv" || failed=1
}

compare phantom --image "$folder/phantom/ct.nii.gz" --mask "$folder/phantom/tumour.nii.gz" \
  --tissue "$folder/phantom/lung.nii.gz" --modality CT
for mask in "$@"; do
  compare "$(basename "$mask" | cut -d. -f1)" --mask "$mask"
done
exit $failed
