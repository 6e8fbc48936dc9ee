#include "vision/raw_photo.hpp"

#include <array>
#include <utility>

#include "vision/tiff_directory.hpp"

namespace mien::vision {

std::optional<std::string_view> raw_photo_kind(std::span<const std::byte> bytes) {
  using namespace std::string_view_literals;
  struct Magic {
    std::size_t offset;
    std::string_view bytes, kind;
  };
  static constexpr std::array<Magic, 11> kMagic = {{
      {8, "CR\x02"sv, "Canon CR2"},
      {4, "ftypcrx"sv, "Canon CR3"},
      {6, "HEAPCCDR"sv, "Canon CRW"},
      {0, "FUJIFILMCCD-RAW"sv, "Fujifilm RAF"},
      {0, "IIU\0"sv, "Panasonic RW2"},
      {0, "IIRO"sv, "Olympus ORF"},
      {0, "IIRS"sv, "Olympus ORF"},
      {0, "MMOR"sv, "Olympus ORF"},
      {0, "FOVb"sv, "Sigma X3F"},
      {0, "\0MRM"sv, "Minolta MRW"},
      {0, "IIII"sv, "Phase One IIQ"},
  }};
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const Magic& magic : kMagic) {
    if (file.size() > magic.offset && file.substr(magic.offset).starts_with(magic.bytes))
      return magic.kind;
  }
  constexpr std::uint16_t kSubfileType = 254, kCompression = 259, kPhotometric = 262,
                          kSubDirectories = 330, kDngVersion = 50706;
  constexpr std::uint32_t kReduced = 1, kColorFilterArray = 32803, kLinearRaw = 34892,
                          kNikonCompression = 34713, kSonyCompression = 32767,
                          kPentaxCompression = 65535;
  const TiffDirectory directory(bytes);
  if (directory.has(kDngVersion)) return "DNG";
  const std::uint32_t photometric = directory.value(kPhotometric).value_or(0),
                      compression = directory.value(kCompression).value_or(0);
  if (photometric == kColorFilterArray || photometric == kLinearRaw ||
      compression == kNikonCompression || compression == kSonyCompression ||
      compression == kPentaxCompression)
    return "camera RAW";
  // NEF, ARW and others: the first directory is a thumbnail, and the photo is in a sub-directory.
  if ((directory.value(kSubfileType).value_or(0) & kReduced) != 0 && directory.has(kSubDirectories))
    return "camera RAW (NEF, ARW or similar)";
  return std::nullopt;
}

}  // namespace mien::vision
