// Writes the filters of dlib's frontal face detector as C++ initialisers: decoding them anew at
// every start of the program would cost a quarter of a second. A filter's parts come in the order
// of their norms, the greatest first. Usage: dump_hog_weights FILE
#include <dlib/algs.h>
#include <dlib/test_for_odr_violations.h>
// Debian's dlib would pull in BLAS and LAPACK, which this needs only for small singular value
// decompositions.
#undef DLIB_USE_BLAS
#undef DLIB_USE_LAPACK
#include <dlib/image_processing/frontal_face_detector.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <vector>

namespace {

struct Part {
  std::size_t plane;
  dlib::matrix<float, 0, 1> column, row;
  double norm() const { return dlib::length(column) * dlib::length(row); }
};

void write_vector(std::ofstream& out, const dlib::matrix<float, 0, 1>& values) {
  out << "{";
  for (long i = 0; i < values.size(); ++i) {
    char text[32];
    std::snprintf(text, sizeof text, "%s%af", i == 0 ? "" : ",", static_cast<double>(values(i)));
    out << text;
  }
  out << "}";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
  const auto& scanner = detector.get_scanner();
  if (scanner.get_cell_size() != 8 || scanner.get_fhog_window_width() != 10 ||
      scanner.get_fhog_window_height() != 10 || scanner.get_padding() != 0) {
    std::fprintf(stderr, "this dlib's face detector has another geometry\n");
    return 1;
  }
  std::ofstream out(argv[1]);
  out << "constexpr double kMaxOverlap = " << detector.get_overlap_tester().get_iou_thresh()
      << ";\n"
      << "constexpr double kMaxCovered = "
      << detector.get_overlap_tester().get_percent_covered_thresh() << ";\n";
  for (unsigned long d = 0; d < detector.num_detectors(); ++d) {
    const auto& filters = detector.get_processed_w(d).get_detect_argument();
    std::vector<Part> parts;
    for (std::size_t plane = 0; plane < filters.row_filters.size(); ++plane) {
      for (std::size_t i = 0; i < filters.row_filters[plane].size(); ++i) {
        parts.push_back({plane, filters.col_filters[plane][i], filters.row_filters[plane][i]});
      }
    }
    std::ranges::stable_sort(parts, std::greater{}, &Part::norm);
    out << "constexpr SeparableFilter kParts" << d << "[] = {\n";
    for (const Part& part : parts) {
      out << "{" << part.plane << ",";
      write_vector(out, part.column);
      out << ",";
      write_vector(out, part.row);
      out << "},\n";
    }
    out << "};\n";
  }
  out << "constexpr HogFilter kFilters[] = {\n";
  for (unsigned long d = 0; d < detector.num_detectors(); ++d) {
    out << "{" << detector.get_w(d)(scanner.get_num_dimensions()) << "f, kParts" << d << "},\n";
  }
  out << "};\n";
  return out.flush() ? 0 : 1;
}
