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
#include "mien/baseline.hpp"
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
      throw nb::type_error("an image array must be of numpy.uint8");
    const bool gray = array.ndim() == 2;
    if (!gray && (array.ndim() != 3 || array.shape(2) != 3)) {
      throw nb::value_error(
          ("an image must have the shape (height, width) or (height, width, 3), not " +
           shape_text(array))
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
      "probabilities"_a = probabilities, "uncertain"_a = face.uncertain, "score"_a = face.score,
      "landmarks"_a = landmarks);
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

/// The pixels of an array of numpy.uint8 as they are, of other arrays and Pillow images converted
/// (mien._inputs).
Array pixels_of(const nb::object& image) {
  Array array;
  if (nb::try_cast(image, array) && array.dtype() == nb::dtype<std::uint8_t>()) return array;
  return nb::cast<Array>(nb::module_::import_("mien._inputs").attr("to_pixels")(image));
}

bool is_path(const nb::object& object) {
  return nb::isinstance<nb::str>(object) || nb::hasattr(object, "__fspath__");
}

/// Throws Python's own TypeError for an object that is no path.
std::filesystem::path path_of(const nb::object& object) {
  const auto path = nb::steal<nb::object>(PyOS_FSPath(object.ptr()));
  if (!path.is_valid()) throw nb::python_error();
  return nb::cast<std::filesystem::path>(path);
}

nb::bytes bytes_of(const nb::object& object) {
  if (!nb::isinstance<nb::bytes>(object) && PyObject_CheckBuffer(object.ptr()) == 0) {
    throw nb::type_error(
        (std::string("data must be bytes, not ") + Py_TYPE(object.ptr())->tp_name).c_str());
  }
  const auto bytes = nb::steal<nb::bytes>(PyBytes_FromObject(object.ptr()));
  if (!bytes.is_valid()) throw nb::python_error();
  return bytes;
}

mien::PhotoAnalysis analyze_bytes(const mien::Analyzer& analyzer, const nb::bytes& data,
                                  const std::string& name) {
  const auto bytes = std::span(static_cast<const std::byte*>(data.data()), data.size());
  return unlocked([&] { return analyzer.analyze_encoded(bytes, name); });
}

nb::object analyze(const mien::Analyzer& analyzer, const nb::object& object) {
  std::vector<mien::Face> faces;
  if (is_path(object)) {
    const std::filesystem::path path = path_of(object);
    faces = unlocked([&] { return analyzer.analyze_file(path); }).faces;
  } else if (nb::isinstance<nb::bytes>(object) || PyByteArray_Check(object.ptr())) {
    faces = analyze_bytes(analyzer, bytes_of(object), "image").faces;
  } else {
    const Array array = pixels_of(object);
    const ArrayImage image(array);
    faces = unlocked([&] { return analyzer.analyze(image.view()); });
  }
  return to_python(faces, analyzer.labels());
}

nb::object analyze_file(const mien::Analyzer& analyzer, const nb::object& object) {
  const std::filesystem::path path = path_of(object);
  return to_python(unlocked([&] { return analyzer.analyze_file(path); }), analyzer.labels());
}

nb::object analyze_encoded(const mien::Analyzer& analyzer, const nb::object& data,
                           const nb::str& text) {
  const auto encoded = nb::steal<nb::bytes>(
      PyUnicode_EncodeFSDefault(text.ptr()));  // as os.fsencode, for names of files
  if (!encoded.is_valid()) throw nb::python_error();
  const std::string name(encoded.c_str(), encoded.size());
  return to_python(analyze_bytes(analyzer, bytes_of(data), name), analyzer.labels());
}

nb::object classify(const mien::Analyzer& analyzer, const nb::object& object) {
  const Array array = pixels_of(object);
  const ArrayImage image(array);
  if (image.view().empty()) throw nb::value_error("the image has no pixels");
  return to_python(unlocked([&] { return analyzer.classify(image.view()); }), analyzer.labels());
}

nb::object provenance(const mien::Analyzer& analyzer) {
  const mien::Provenance& from = analyzer.provenance();
  return python_type("Provenance")(from.model, from.model_hash, from.head, from.precision,
                                   from.detector, from.version);
}

/// The probabilities of a mien.Face, in the order of the labels.
std::vector<float> probabilities_of(const nb::object& face,
                                    const std::vector<std::string>& labels) {
  if (!nb::isinstance(face, python_type("Face"))) {
    throw nb::type_error(
        (std::string("face must be a mien.Face, not ") + Py_TYPE(face.ptr())->tp_name).c_str());
  }
  const auto by_label = nb::cast<nb::dict>(face.attr("probabilities"));
  std::vector<float> out;
  for (const std::string& label : labels) {
    if (!by_label.contains(label.c_str()))
      throw nb::value_error(("the face has no probability of '" + label + "'").c_str());
    out.push_back(nb::cast<float>(by_label[label.c_str()]));
  }
  return out;
}

nb::object apply_baseline(const mien::Baseline& baseline, const nb::object& face, double strength,
                          double min_confidence) {
  mien::Face adjusted;
  adjusted.probabilities = probabilities_of(face, baseline.labels());
  adjusted = baseline.apply(std::move(adjusted), strength, min_confidence);
  nb::dict probabilities;
  for (std::size_t i = 0; i < baseline.labels().size(); ++i)
    probabilities[baseline.labels()[i].c_str()] = adjusted.probabilities[i];
  return nb::module_::import_("dataclasses")
      .attr("replace")(face, "emotion"_a = mien::to_string(adjusted.emotion),
                       "confidence"_a = adjusted.confidence, "probabilities"_a = probabilities,
                       "uncertain"_a = adjusted.uncertain);
}

nb::object read_image(const nb::object& object) {
  const std::filesystem::path path = path_of(object);
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
                             "Finds the faces of a photo and predicts their emotions. Threads may "
                             "share one.")
      .def(
          "__init__", &construct, "model"_a = "", nb::kw_only(), "detector"_a = "auto",
          "min_face"_a = 0, "threads"_a = 0, "precision"_a = "auto",
          "min_confidence"_a = mien::kDefaultMinConfidence, "head"_a = "", "contempt"_a = false,
          "model: a model file, or the name of a shipped one; '': the default. detector: 'hog', "
          "'yunet', an ONNX file, or 'auto'.\n"
          "min_face: pixels of the smallest face to find; 0: 40, more in large photos. threads: of "
          "face detection; 0: one per core,\n"
          "at most four. precision: 'f32', 'bf16', 'int8' or 'auto'. min_confidence: a face whose "
          "confidence is below it is\n"
          "`uncertain`. head: 'photo', 'fer2013' or 'ferplus'; '': the model's default. contempt: "
          "report contempt too, if the head\n"
          "has it.")
      .def("analyze", &analyze, nb::arg("image").none(),
           "All faces of an image, largest first. The image: a path, the bytes of a file, a Pillow "
           "image, or a NumPy array of the\n"
           "shape (height, width), gray, or (height, width, 3), RGB, of uint8 or of floats from 0 "
           "to 1. OpenCV's images are BGR:\n"
           "pass image[..., ::-1].")
      .def("analyze_file", &analyze_file, nb::arg("path").none(),
           "The size and faces of an image file (JPEG, PNG, WebP, TIFF, BMP, PGM, PPM).")
      .def("analyze_encoded", &analyze_encoded, nb::arg("data").none(), "name"_a = "image",
           "The same for a file's bytes; `name` is used in messages.")
      .def("classify", &classify, nb::arg("face").none(),
           "The emotion of an image that is one face, of any size; see analyze for its types.")
      .def_prop_ro("labels", &mien::Analyzer::labels,
                   "The emotions of the model, in the order of its outputs.")
      .def_prop_ro("detector_name", &mien::Analyzer::detector_name)
      .def_prop_ro("model_path", &mien::Analyzer::model_path)
      .def_prop_ro("provenance", &provenance,
                   "What produces the results: model, head, version, ….");
  nb::class_<mien::Baseline>(module, "Baseline",
                             "What a person's face looks like to the network at rest: the mean "
                             "log-probabilities of their predictions.")
      .def(nb::init<std::vector<std::string>>(), "labels"_a,
           "For predictions with these labels (Analyzer.labels).")
      .def(
          "add",
          [](mien::Baseline& baseline, const nb::object& face, double weight) {
            baseline.add(probabilities_of(face, baseline.labels()), weight);
          },
          nb::arg("face").none(), "weight"_a = 1.0, "Takes a prediction into the mean.")
      .def("decay", &mien::Baseline::decay, "factor"_a,
           "Multiplies the weight of everything added so far by `factor`, 0 to 1.")
      .def(
          "apply", &apply_baseline, nb::arg("face").none(), "strength"_a = 1.0,
          "min_confidence"_a = mien::kDefaultMinConfidence,
          "The face with the baseline subtracted. Use strength 0.5 for the baseline of one neutral "
          "photo.")
      .def(
          "save",
          [](const mien::Baseline& baseline, const nb::object& path) {
            baseline.save(path_of(path));
          },
          nb::arg("path").none())
      .def_static(
          "load", [](const nb::object& path) { return mien::Baseline::load(path_of(path)); },
          nb::arg("path").none())
      .def_prop_ro("weight", &mien::Baseline::weight)
      .def_prop_ro("labels", &mien::Baseline::labels);
  module.def("read_image", &read_image, nb::arg("path").none(),
             "An image file as an array of numpy.uint8: (height, width) if it is gray, else "
             "(height, width, 3), RGB. The EXIF\n"
             "orientation is applied.");
}
