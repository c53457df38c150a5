// Writes small DICOM objects into FOLDER/<fuzz target>/ as seeds: make_dicom_seeds FOLDER
#include <gdcmImageChangeTransferSyntax.h>
#include <gdcmImageReader.h>
#include <gdcmImageWriter.h>

#include <cstdio>
#include <cstring>
#include <sstream>

#include "support/dicom_writer.h"

namespace {

using namespace radtype::test::dicom;
using Bytes = std::vector<std::byte>;

Bytes compressed(const Slice& slice, gdcm::TransferSyntax::TSType syntax) {
  const Bytes plain = bytes_of(slice);
  std::stringstream in(std::string(reinterpret_cast<const char*>(plain.data()), plain.size()));
  gdcm::ImageReader reader;
  reader.SetStream(in);
  gdcm::ImageChangeTransferSyntax change;
  change.SetTransferSyntax(syntax);
  if (!reader.Read()) throw std::runtime_error("GDCM cannot read a seed");
  change.SetInput(reader.GetImage());
  if (!change.Change()) throw std::runtime_error("GDCM cannot compress a seed");
  gdcm::ImageWriter writer;
  writer.SetFile(reader.GetFile());
  writer.SetImage(change.GetOutput());
  std::stringstream out;
  writer.SetStream(out);
  if (!writer.Write()) throw std::runtime_error("GDCM cannot write a seed");
  const std::string text = out.str();
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

Slice pet() {
  Slice slice;
  slice.modality = "PT";
  slice.edit = [](DcmDataset& d) {
    put(d, DCM_Units, "BQML");
    put(d, DCM_DecayCorrection, "START");
    put(d, DCM_CorrectedImage, "DECY\\ATTN");
    put(d, DCM_SeriesDate, "20200302");
    put(d, DCM_SeriesTime, "173000");
    put(d, DCM_AcquisitionDate, "20200302");
    put(d, DCM_AcquisitionTime, "101500.5");
    put(d, DCM_PatientWeight, "70");
    put(d, DCM_FrameReferenceTime, "60000");
    put(d, DCM_ActualFrameDuration, "120000");
    DcmItem& radio = item_of(d, DCM_RadiopharmaceuticalInformationSequence);
    put(radio, DCM_RadiopharmaceuticalStartTime, "091500");
    put(radio, DCM_RadiopharmaceuticalStartDateTime, "20200302091500+0900");
    put(radio, DCM_RadionuclideTotalDose, "350000000");
    put(radio, DCM_RadionuclideHalfLife, "6586.2");
  };
  return slice;
}

void image_seeds(const std::filesystem::path& folder) {
  Slice slice;
  slice.columns = 16;
  slice.rows = 12;
  slice.is_signed = false;
  write_bytes(folder / "explicit", bytes_of(slice));
  Slice implicit = slice;
  implicit.syntax = EXS_LittleEndianImplicit;
  write_bytes(folder / "implicit", bytes_of(implicit));
  write_bytes(folder / "pet", bytes_of(pet()));
  write_bytes(folder / "rle", compressed(slice, gdcm::TransferSyntax::RLELossless));
  write_bytes(folder / "jpeg_lossless", compressed(slice, gdcm::TransferSyntax::JPEGLosslessProcess14_1));
  write_bytes(folder / "jpeg_ls", compressed(slice, gdcm::TransferSyntax::JPEGLSLossless));
  write_bytes(folder / "jpeg_2000", compressed(slice, gdcm::TransferSyntax::JPEG2000Lossless));
  slice.bits_allocated = slice.bits_stored = 8;
  write_bytes(folder / "jpeg_8", compressed(slice, gdcm::TransferSyntax::JPEGBaselineProcess1));
  slice.bits_allocated = 16;
  slice.bits_stored = 12;
  write_bytes(folder / "jpeg_12", compressed(slice, gdcm::TransferSyntax::JPEGExtendedProcess2_4));
}

void rtstruct_seeds(const std::filesystem::path& folder) {
  const auto box = [](double left, double right, double z) {
    return RtContour{{{left, 10, z}, {right, 10, z}, {right, 40, z}, {left, 40, z}}, "CLOSED_PLANAR"};
  };
  RtStruct set;
  set.rois = {{1, "GTV-1", {box(-5, 20, 103), box(0, 10, 103), box(-5, 20, 106)}},
              {2, "\x1b$B<pag\x1b(B", {{{{1, 20, 103}}, "POINT"}, box(4, 9, 104.2)}}};
  set.character_set = "\\ISO 2022 IR 87";
  write_bytes(folder / "explicit", bytes_of(set));
  set.syntax = EXS_LittleEndianImplicit;
  set.character_set = "ISO_IR 100";
  set.rois[1].name = "Tum\xe9ur";
  write_bytes(folder / "implicit", bytes_of(set));
}

void seg_seeds(const std::filesystem::path& folder) {
  Seg seg;
  seg.labels = {"Tumour", "Necrosis"};
  const std::vector<int> dot{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1};
  seg.frames = {{2, {0, 0, 20}, dot}, {1, {0, 0, 14}, dot}, {1, {0, 0, 10}, dot}, {2, {0, 0, 10}, dot}};
  write_bytes(folder / "binary", bytes_of(seg));
  seg.syntax = EXS_LittleEndianImplicit;
  seg.between_slices_mm.reset();
  write_bytes(folder / "implicit", bytes_of(seg));
  seg.fractional = true;
  for (SegFrame& frame : seg.frames) {
    for (int& value : frame.values) value *= 200;
  }
  write_bytes(folder / "fractional", bytes_of(seg));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("make_dicom_seeds FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  image_seeds(folder / "fuzz_dicom_image");
  rtstruct_seeds(folder / "fuzz_rtstruct");
  seg_seeds(folder / "fuzz_dicom_seg");
  return 0;
}
