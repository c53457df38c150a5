// make_scan FOLDER [SIZE SLICES]: a scan with its tumour mask in every format that `radtype extract` reads.
//   FOLDER/{ct,mask}.nii, .nii.gz, .nrrd (gzip), .mha (zlib), raw.nhdr and raw.mhd (both of ct.raw), dicom/*.dcm
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "radtype/io/volume_files.h"
#include "synthetic_scan.h"

namespace {

using namespace radtype;
namespace fs = std::filesystem;

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "make_scan: %s\n", why.c_str());
  std::exit(1);
}

void check(const Result<void>& done) {
  if (!done) stop(done.error().to_string());
}

std::string text_of(double x, double y) { return std::to_string(x) + "\\" + std::to_string(y); }

/// One CT slice, uncompressed; UIDs are made from the slice number so that two runs give the same series.
void write_slice(const Volume<std::int16_t>& ct, std::int64_t k, const fs::path& path) {
  const Grid& grid = ct.grid;
  const std::string root = "1.2.826.0.1.3680043.8.498.2.";
  DcmFileFormat file;
  DcmDataset* data = file.getDataset();
  const auto put = [&](const DcmTagKey& tag, const std::string& value) {
    if (data->putAndInsertString(tag, value.c_str()).bad()) stop("cannot set a DICOM attribute");
  };
  const Eigen::Vector3d& origin = grid.origin_lps_mm();
  put(DCM_SOPClassUID, UID_CTImageStorage);
  put(DCM_SOPInstanceUID, root + "3." + std::to_string(k + 1));
  put(DCM_StudyInstanceUID, root + "1");
  put(DCM_SeriesInstanceUID, root + "2");
  put(DCM_FrameOfReferenceUID, root + "4");
  put(DCM_Modality, "CT");
  put(DCM_PatientName, "Synthetic^Scan");
  put(DCM_PatientID, "bench");
  put(DCM_InstanceNumber, std::to_string(k + 1));
  put(DCM_ImagePositionPatient,
      text_of(origin[0], origin[1]) + "\\" + std::to_string(origin[2] + static_cast<double>(k) * grid.spacing_mm()[2]));
  put(DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  put(DCM_PixelSpacing, text_of(grid.spacing_mm()[1], grid.spacing_mm()[0]));
  put(DCM_SliceThickness, std::to_string(grid.spacing_mm()[2]));
  put(DCM_RescaleIntercept, "0");
  put(DCM_RescaleSlope, "1");
  put(DCM_RescaleType, "HU");
  put(DCM_PhotometricInterpretation, "MONOCHROME2");
  const auto put_number = [&](const DcmTagKey& tag, std::int64_t value) {
    if (data->putAndInsertUint16(tag, static_cast<Uint16>(value)).bad()) stop("cannot set a DICOM attribute");
  };
  put_number(DCM_SamplesPerPixel, 1);
  put_number(DCM_Rows, grid.size()[1]);
  put_number(DCM_Columns, grid.size()[0]);
  put_number(DCM_BitsAllocated, 16);
  put_number(DCM_BitsStored, 16);
  put_number(DCM_HighBit, 15);
  put_number(DCM_PixelRepresentation, 1);
  const std::int64_t count = grid.size()[0] * grid.size()[1];
  const auto* voxels = reinterpret_cast<const Uint16*>(ct.voxels.data() + k * count);
  if (data->putAndInsertUint16Array(DCM_PixelData, voxels, static_cast<unsigned long>(count)).bad() ||
      file.saveFile(path.c_str(), EXS_LittleEndianExplicit).bad()) {
    stop("cannot write " + path.string());
  }
}

template <class T>
void write_raw(const Volume<T>& volume, const fs::path& folder, const std::string& name, const std::string& nrrd_type,
               const std::string& meta_type) {
  std::ofstream(folder / (name + ".raw"), std::ios::binary)
      .write(reinterpret_cast<const char*>(volume.voxels.data()),
             static_cast<std::streamsize>(volume.voxels.size() * sizeof(T)));
  const Grid& grid = volume.grid;
  const auto three = [](const auto& v) {
    return std::to_string(v[0]) + " " + std::to_string(v[1]) + " " + std::to_string(v[2]);
  };
  const Eigen::Vector3d &s = grid.spacing_mm(), &o = grid.origin_lps_mm();
  std::ofstream(folder / (name + ".nhdr"))
      << "NRRD0004\ntype: " << nrrd_type << "\ndimension: 3\nsizes: " << three(grid.size()) << "\nspace: LPS\n"
      << "space directions: (" << s[0] << ",0,0) (0," << s[1] << ",0) (0,0," << s[2] << ")\nspace origin: (" << o[0]
      << "," << o[1] << "," << o[2] << ")\nendian: little\nencoding: raw\ndata file: " << name << ".raw\n";
  std::ofstream(folder / (name + ".mhd"))
      << "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
      << "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = " << three(o) << "\nElementSpacing = " << three(s)
      << "\nDimSize = " << three(grid.size()) << "\nElementType = " << meta_type << "\nElementDataFile = " << name
      << ".raw\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) stop("usage: make_scan FOLDER [SIZE SLICES]");
  const fs::path folder = argv[1];
  const std::int64_t size = argc == 4 ? std::atoll(argv[2]) : 512;
  const std::int64_t slices = argc == 4 ? std::atoll(argv[3]) : 400;
  if (size < 16 || size > 2048 || slices < 16 || slices > 2048) stop("SIZE and SLICES must be 16 to 2048");
  fs::create_directories(folder / "dicom");
  const bench::Scan scan = bench::make_scan(size, slices);
  for (const char* extension : {".nii", ".nii.gz", ".nrrd", ".mha"}) {
    check(io::write_image_int16(scan.ct, folder / ("ct" + std::string(extension)), {.force = true}));
    check(io::write_mask(scan.tumour, folder / ("mask" + std::string(extension)), {.force = true}));
  }
  write_raw(scan.ct, folder, "ct", "short", "MET_SHORT");
  write_raw(scan.tumour, folder, "mask", "uchar", "MET_UCHAR");
  for (std::int64_t k = 0; k < slices; ++k) {
    char name[32];
    std::snprintf(name, sizeof name, "%04d.dcm", static_cast<int>(k));
    write_slice(scan.ct, k, folder / "dicom" / name);
  }
  std::int64_t voxels = 0;
  for (const std::uint8_t v : scan.tumour.voxels) voxels += v;
  // What the volume feature must be, within the difference between voxels and mesh.
  std::printf("%.3f\n", static_cast<double>(voxels) * scan.ct.grid.voxel_volume_mm3());
  return 0;
}
