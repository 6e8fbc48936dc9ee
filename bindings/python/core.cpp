// The Python module mien._core: the public C++ interface, with NumPy arrays for images and the
// dataclasses of mien._types for results. Python's lock is released while the library works.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mien/analyzer.hpp"
#include "mien/error.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Array = nb::ndarray<nb::ro, nb::device::cpu>;

std::string shape_text(const Array& array) {
  std::string text;
  for (std::size_t i = 0; i < array.ndim(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(array.shape(i));
  return "(" + text + ")";
}

/// An array of bytes, [height, width] gray or [height, width, 3] RGB, as an image. The pixels stay
/// where they are unless those of a row do not lie one after the other.
class ArrayImage {
 public:
  explicit ArrayImage(const Array& array) {
    if (array.dtype() != nb::dtype<std::uint8_t>())
      throw nb::type_error("an image is an array of numpy.uint8, 0 to 255");
    const bool gray = array.ndim() == 2;
    if (!gray && (array.ndim() != 3 || array.shape(2) != 3)) {
      throw nb::value_error(
          ("an image has the shape (height, width) or (height, width, 3), not " + shape_text(array))
              .c_str());
    }
    const std::size_t height = array.shape(0), width = array.shape(1), channels = gray ? 1 : 3;
    if (std::max(height, width) > std::numeric_limits<int>::max() / 4)
      throw nb::value_error("the image is too large");
    view_ = {static_cast<const std::uint8_t*>(array.data()), static_cast<int>(width),
             static_cast<int>(height), static_cast<std::ptrdiff_t>(array.stride(0)),
             gray ? mien::PixelFormat::kGray8 : mien::PixelFormat::kRgb8};
    const auto row = static_cast<std::int64_t>(width * channels),
               step = static_cast<std::int64_t>(channels);
    const bool packed =
        array.stride(1) == step && (gray || array.stride(2) == 1) && array.stride(0) >= row;
    if (packed || view_.empty()) return;
    copy_.resize(height * width * channels);
    auto out = copy_.begin();
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        const std::uint8_t* pixel = view_.data + static_cast<std::int64_t>(y) * array.stride(0) +
                                    static_cast<std::int64_t>(x) * array.stride(1);
        for (std::size_t c = 0; c < channels; ++c)
          *out++ = pixel[gray ? 0 : static_cast<std::int64_t>(c) * array.stride(2)];
      }
    }
    view_.data = copy_.data();
    view_.stride = row;
  }

  const mien::ImageView& view() const { return view_; }

 private:
  std::vector<std::uint8_t> copy_;
  mien::ImageView view_;
};

nb::object python_type(const char* name) { return nb::module_::import_("mien._types").attr(name); }

nb::object to_python(const mien::Face& face, const std::vector<std::string>& labels) {
  nb::dict probabilities;
  for (std::size_t i = 0; i < labels.size(); ++i)
    probabilities[labels[i].c_str()] = face.probabilities[i];
  nb::object landmarks = nb::none();
  if (face.landmarks) {
    nb::list points;
    for (const mien::Point& point : *face.landmarks)
      points.append(python_type("Point")(point.x, point.y));
    landmarks = nb::tuple(points);
  }
  return python_type("Face")(
      "box"_a = python_type("Box")(face.box.x, face.box.y, face.box.width, face.box.height),
      "emotion"_a = mien::to_string(face.emotion), "confidence"_a = face.confidence,
      "probabilities"_a = probabilities, "uncertain"_a = face.uncertain,
      "detection_score"_a = face.detection_score, "landmarks"_a = landmarks);
}

nb::list to_python(const std::vector<mien::Face>& faces, const std::vector<std::string>& labels) {
  nb::list list;
  for (const mien::Face& face : faces) list.append(to_python(face, labels));
  return list;
}

nb::object to_python(const mien::PhotoAnalysis& photo, const std::vector<std::string>& labels) {
  return python_type("PhotoAnalysis")(photo.width, photo.height, to_python(photo.faces, labels));
}

/// Calls `work` without Python's lock.
template <class Work>
auto unlocked(Work work) {
  const nb::gil_scoped_release release;
  return work();
}

nb::object analyze(const mien::Analyzer& analyzer, const Array& array) {
  const ArrayImage image(array);
  return to_python(unlocked([&] { return analyzer.analyze(image.view()); }), analyzer.labels());
}

nb::object analyze_file(const mien::Analyzer& analyzer, const std::filesystem::path& path) {
  return to_python(unlocked([&] { return analyzer.analyze_file(path); }), analyzer.labels());
}

nb::object analyze_encoded(const mien::Analyzer& analyzer, const nb::bytes& data,
                           const nb::str& text) {
  const auto encoded = nb::steal<nb::bytes>(
      PyUnicode_EncodeFSDefault(text.ptr()));  // as os.fsencode, for names of files
  if (!encoded.is_valid()) throw nb::python_error();
  const std::string name(encoded.c_str(), encoded.size());
  const auto bytes = std::span(static_cast<const std::byte*>(data.data()), data.size());
  return to_python(unlocked([&] { return analyzer.analyze_encoded(bytes, name); }),
                   analyzer.labels());
}

nb::object classify(const mien::Analyzer& analyzer, const Array& array) {
  const ArrayImage image(array);
  if (image.view().empty()) throw nb::value_error("the image has no pixels");
  return to_python(unlocked([&] { return analyzer.classify(image.view()); }), analyzer.labels());
}

nb::object read_image(const std::filesystem::path& path) {
  auto image = std::make_unique<mien::Image>(unlocked([&] { return mien::read_image(path); }));
  const auto height = static_cast<std::size_t>(image->height()),
             width = static_cast<std::size_t>(image->width());
  const std::size_t shape[] = {height, width, 3};
  const std::size_t dimensions = image->channels() == 1 ? 2 : 3;
  std::uint8_t* const pixels = image->row(0);
  const nb::capsule owner(image.release(),
                          [](void* held) noexcept { delete static_cast<mien::Image*>(held); });
  return nb::cast(nb::ndarray<nb::numpy, std::uint8_t>(pixels, dimensions, shape, owner));
}

void construct(mien::Analyzer* self, const std::filesystem::path& model, std::string detector,
               int min_face, int threads, std::string precision, double min_confidence,
               std::string head, bool contempt) {
  const mien::AnalyzerOptions options{.detector = std::move(detector),
                                      .min_face = min_face,
                                      .threads = threads,
                                      .head = std::move(head),
                                      .contempt = contempt,
                                      .precision = std::move(precision),
                                      .min_confidence = min_confidence};
  new (self) mien::Analyzer(unlocked([&] { return mien::Analyzer::load(model, options); }));
}

}  // namespace

NB_MODULE(_core, module) {
  module.attr("__version__") = MIEN_VERSION;
  nb::register_exception_translator([](const std::exception_ptr& exception, void*) {
    try {
      std::rethrow_exception(exception);
    } catch (const mien::Error& error) {
      const nb::object type = python_type("Error");
      // A file's name in the message may be of any bytes; they come as those of os.fsdecode.
      const nb::object text = nb::steal(PyUnicode_DecodeFSDefault(error.what()));
      PyErr_SetObject(type.ptr(), type(mien::to_string(error.code()), text).ptr());
    }
  });
  nb::class_<mien::Analyzer>(module, "Analyzer",
                             "Finds the faces of a photograph and recognises their emotions. May "
                             "be used by several threads at once.")
      .def("__init__", &construct, "model"_a = "", nb::kw_only(), "detector"_a = "auto",
           "min_face"_a = 0, "threads"_a = 0, "precision"_a = "auto", "min_confidence"_a = 0.0,
           "head"_a = "", "contempt"_a = false,
           "model: a model file, or the name of a shipped one; '': the default. detector: 'hog', "
           "'yunet', an ONNX file of a\n"
           "detector, or 'auto'. min_face: pixels of the smallest face looked for; 0: 40, more in "
           "large photographs. threads: of\n"
           "face detection; 0: one a core, at most four. precision: 'f32', 'bf16', 'int8' or "
           "'auto'. min_confidence: a face whose\n"
           "most probable emotion is less probable is `uncertain`. head: of a network with several "
           "('fer2013', 'ferplus'), the one\n"
           "that answers; '': the model's default. contempt: answer contempt too, where the head "
           "knows it.")
      .def("analyze", &analyze, "image"_a,
           "All faces of an image, largest first: an array of numpy.uint8 of the shape (height, "
           "width), gray, or (height, width, 3), RGB\n"
           "(OpenCV's images are BGR: image[..., ::-1]).")
      .def("analyze_file", &analyze_file, "path"_a,
           "The faces of an image file (JPEG, PNG, WebP, TIFF, BMP, PGM, PPM). Faster than reading "
           "and analyzing it where a JPEG is large.")
      .def("analyze_encoded", &analyze_encoded, "data"_a, "name"_a = "image",
           "The same for a file's bytes; `name` stands for them in messages.")
      .def("classify", &classify, "face"_a,
           "The emotion of a picture that is one face already, of any size, gray or RGB.")
      .def_prop_ro("labels", &mien::Analyzer::labels,
                   "The emotions that the model knows, in the order of its outputs.")
      .def_prop_ro("detector_name", &mien::Analyzer::detector_name)
      .def_prop_ro("model_path", &mien::Analyzer::model_path);
  module.def("read_image", &read_image, "path"_a,
             "An image file as an array of numpy.uint8: (height, width) where it stores gray, else "
             "(height, width, 3), RGB. The EXIF\n"
             "orientation is applied.");
}
