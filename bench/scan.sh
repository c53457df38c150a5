#!/usr/bin/env bash
# Time and memory of `radtype extract` on a 512 x 512 x 400 CT with a 30 mm tumour, in every format.
#   bench/scan.sh BUILD_FOLDER [SIZE SLICES]
# One line per format: wall and user seconds, seconds of inflating the same files with zlib alone, what is left of the user
# time, peak memory in MiB and as a multiple of the image's own bytes, and that multiple for ITK's reader alone. Fails when a
# volume is wrong.
set -euo pipefail

build=${1:?usage: bench/scan.sh BUILD_FOLDER [SIZE SLICES]}
size=${2:-512}
slices=${3:-400}
bin=$build/bin
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

expected=$("$bin/make_scan" "$folder" "$size" "$slices")
image_kib=$((size * size * slices * 2 / 1024))
echo "scan of $size x $size x $slices int16: $((image_kib / 1024)) MiB; tumour $expected mm3"
printf '%-14s %8s %8s %10s %10s %10s %8s %8s\n' format wall_s user_s inflate_s beyond_s peak_MiB x_image itk_x

# Seconds of user time that zlib alone needs for the files of one format.
inflate_seconds() {
  local total=0
  for file in "$@"; do
    local figures
    figures=$("$bin/measure" --inflate "$file" 3>&1 1>&2)
    total=$(awk -v a="$total" -v line="$figures" 'BEGIN {split(line, f, " "); print a + f[2]}')
  done
  echo "$total"
}

failed=0
for format in nii nii.gz nrrd mha nhdr mhd dicom; do
  image=$folder/ct.$format
  mask=$folder/mask.$format
  if [[ $format == dicom ]]; then
    image=$folder/dicom
    mask=$folder/mask.nrrd
  fi
  inflate=0
  case $format in
    nii.gz) inflate=$(inflate_seconds "$image" "$mask") ;;
    # Their compressed streams begin after a header; the same voxels as .nii.gz stand for them.
    nrrd | mha) inflate=$(inflate_seconds "$folder/ct.nii.gz" "$folder/mask.nii.gz") ;;
    dicom) inflate=$(inflate_seconds "$folder/mask.nii.gz") ;;
  esac
  figures=$("$bin/measure" "$bin/radtype" --threads 1 --quiet extract --image "$image" --mask "$mask" \
    --out "$folder/$format.json" 3>&1 1>&2) || failed=1
  # In a folder of its own: asked for ct.nii.gz, ITK reads the voxels of a ct.nii beside it.
  itk=-
  if [[ $format != dicom ]]; then
    mkdir "$folder/itk.$format"
    ln "$image" "$folder/itk.$format/"
    for data in "$folder"/ct.raw "$folder"/ct."$format".raw; do
      [[ -e $data ]] && ln "$data" "$folder/itk.$format/"
    done
    itk_figures=$("$bin/measure" "$bin/itk_read" "$folder/itk.$format/ct.$format" "$size" "$slices" 3>&1 1>&2) || failed=1
    itk=$(awk -v line="$itk_figures" -v image="$image_kib" 'BEGIN {split(line, f, " "); printf "%.2f", f[4] / image}')
  fi
  awk -v line="$figures" -v inflate="$inflate" -v image="$image_kib" -v format="$format" -v itk="$itk" 'BEGIN {
    split(line, f, " ")
    printf "%-14s %8.2f %8.2f %10.2f %10.2f %10.0f %8.2f %8s\n", format, f[1], f[2], inflate, f[2] + f[3] - inflate,
      f[4] / 1024, f[4] / image, itk
  }'
  # The mesh of a ball encloses a little less than its voxels.
  volume=$(sed -n 's/.*"shape_volume_mm3": *\([0-9.e+]*\).*/\1/p' "$folder/$format.json")
  if ! grep -q '"status": *"ok"' "$folder/$format.json" ||
    ! awk -v v="${volume:-0}" -v e="$expected" 'BEGIN {exit !(v > 0.98 * e && v < 1.02 * e)}'; then
    echo "wrong result for $format: volume '$volume', expected $expected" >&2
    failed=1
  fi
done
exit $failed
