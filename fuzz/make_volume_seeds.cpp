// Writes the seeds of the volume fuzzers: make_volume_seeds FOLDER makes FOLDER/fuzz_{nifti,nrrd,metaimage}/*.
#include <filesystem>
#include <string>

#include "../tests/support/volume_writer.h"

using namespace radtype::test;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path root = argv[1];
  const auto put_seed = [&](const std::string& kind, const std::string& name, const Bytes& bytes) {
    std::filesystem::create_directories(root / kind);
    save(root / kind / name, bytes);
  };
  for (const int version : {1, 2}) {
    for (const bool big_endian : {false, true}) {
      NiftiSpec spec;
      spec.version = version;
      spec.big_endian = big_endian;
      const std::string name = std::to_string(version) + (big_endian ? "b" : "l");
      const Bytes file = nifti_header(spec) + stored(counting(), big_endian);
      put_seed("fuzz_nifti", name, file);
      put_seed("fuzz_nifti", name + ".gz", deflated(file));
      spec.pair = true;
      put_seed("fuzz_nifti", name + "_pair", nifti_header(spec) + stored(counting(), big_endian));
      spec.pair = false;
      spec.sform_code = 0;
      spec.qform_code = 1;
      spec.datatype = 2;
      spec.dim = {2, 4, 6, 0, 0, 0, 0, 0};
      put_seed("fuzz_nifti", name + "_qform", nifti_header(spec) + stored(counting<std::uint8_t>()));
    }
  }
  const std::string nrrd =
      "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nspace: RAS\nspace directions: (1,0,0) (0,2,0) (0,0,3)\n"
      "space origin: (1,2,3)\nspace units: \"mm\" \"mm\" \"mm\"\nkinds: domain domain domain\nendian: "
      "little\nkey:=value\n";
  put_seed("fuzz_nrrd", "raw", bytes_of(nrrd + "encoding: raw\n\n") + stored(counting()));
  put_seed("fuzz_nrrd", "gzip", bytes_of(nrrd + "encoding: gzip\n\n") + deflated(stored(counting())));
  put_seed("fuzz_nrrd", "detached",
           bytes_of(nrrd + "encoding: raw\ndata file: a.raw\nline skip: 3\nbyte skip: -1\n\n") + Bytes(48));
  put_seed("fuzz_nrrd", "slice",
           bytes_of("NRRD0001\ntype: uchar\ndimension: 2\nsizes: 4 6\nspacings: 1 2\nencoding: raw\n\n") +
               stored(counting<std::uint8_t>()));
  const std::string meta =
      "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nTransformMatrix = 1 0 0 0 1 0 "
      "0 0 1\n"
      "Offset = 1 2 3\nElementSpacing = 1 2 3\nDimSize = 4 3 2\nElementType = MET_SHORT\n";
  const Bytes zlib = deflated(stored(counting()), false);
  put_seed("fuzz_metaimage", "raw", bytes_of(meta + "ElementDataFile = LOCAL\n") + stored(counting()));
  put_seed("fuzz_metaimage", "zlib",
           bytes_of(meta + "CompressedData = True\nCompressedDataSize = " + std::to_string(zlib.size()) +
                    "\nElementDataFile = LOCAL\n") +
               zlib);
  put_seed("fuzz_metaimage", "detached", bytes_of(meta + "HeaderSize = -1\nElementDataFile = a.raw\n") + Bytes(48));
  return 0;
}
