// CPU time per face by batch size, on one thread: shows whether the server should batch faces of
// several requests. Uses thread time, so that other processes do not matter.
//   batching PHOTO [MODEL...]
// The last columns are the time of a whole request with this photo (with decoding and detection)
// and the share of it that batches of 8 would save.
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <span>
#include <vector>

#include "base/file.hpp"
#include "engine/network.hpp"
#include "mien/analyzer.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/locate.hpp"
#include "model/model.hpp"

namespace {

double thread_milliseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

/// The median over calls during about half a second.
template <class Call>
double median_milliseconds(Call call) {
  std::vector<double> times;
  call();
  for (double sum = 0; sum < 500 || times.size() < 5;) {
    const double begin = thread_milliseconds();
    call();
    times.push_back(thread_milliseconds() - begin);
    sum += times.back();
  }
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  return times[times.size() / 2];
}

double milliseconds_per_face(const mien::engine::Network& network, std::int64_t batch,
                             std::int64_t side) {
  const mien::engine::InputShape shape{batch, 1, side, side};
  const std::vector<float> input(static_cast<std::size_t>(batch * side * side), 0.5F);
  std::vector<std::vector<float>> values;
  for (const auto& output : network.output_shapes(shape)) {
    std::size_t count = 1;
    for (const std::int64_t length : output) count *= static_cast<std::size_t>(length);
    values.emplace_back(count);
  }
  const std::vector<std::span<float>> outputs(values.begin(), values.end());
  return median_milliseconds([&] { network.run(input, shape, outputs); }) /
         static_cast<double>(batch);
}

void measure(const std::filesystem::path& path, std::span<const std::byte> photo) {
  const mien::model::Model model = mien::model::read_onnx(path);
  const std::int64_t side = mien::model::read_classifier_info(model).input_size;
  const auto network = mien::engine::Network::compile(model, {.threads = 1});
  std::printf("| %s %s |", path.stem().c_str(),
              std::string(to_string(network.precision())).c_str());
  double alone = 0, by_eight = 0;
  for (const std::int64_t batch : {1, 2, 4, 8, 16, 32}) {
    const double time = milliseconds_per_face(network, batch, side);
    if (batch == 1) alone = time;
    if (batch == 8) by_eight = time;
    std::printf(" %.3f |", time);
  }
  const auto analyzer = mien::Analyzer::load(path, {.threads = 1});
  const double whole = median_milliseconds([&] { analyzer.analyze_encoded(photo, "photo"); });
  std::printf(" %.2f | %.1f %% |\n", whole, 100 * (alone - by_eight) / whole);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2)
      throw mien::Error(mien::ErrorCode::kInvalidArgument, "usage: batching PHOTO [MODEL...]");
    const std::vector<std::byte> photo = mien::base::read_file(argv[1]);
    std::puts(
        "| CPU ms per face, one thread | batch 1 | 2 | 4 | 8 | 16 | 32 | whole request | "
        "saved by batch 8 |\n|---|---|---|---|---|---|---|---|---|");
    for (int i = 2; i < argc; ++i) measure(mien::model::locate_model(argv[i]), photo);
    if (argc == 2) measure(mien::model::locate_model(""), photo);
    return 0;
  } catch (const mien::Error& error) {
    std::fprintf(stderr, "batching: %s\n", error.what());
    return 1;
  }
}
