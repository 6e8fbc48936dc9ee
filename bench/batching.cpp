// Whether the server should gather faces of several requests into one call of the network: CPU time a face by batch, on one
// thread, as its workers run it. Time of the thread, not of the clock: other work on the machine does not count.
//   batching [MODEL.onnx…]
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "engine/network.hpp"
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

/// The median over calls that take about half a second.
double milliseconds_a_face(const mien::engine::Network& network, std::int64_t batch, std::int64_t side) {
  const mien::engine::InputShape shape{batch, 1, side, side};
  const std::vector<float> input(static_cast<std::size_t>(batch * side * side), 0.5F);
  std::vector<std::vector<float>> values;
  for (const auto& output : network.output_shapes(shape)) {
    std::size_t count = 1;
    for (const std::int64_t length : output) count *= static_cast<std::size_t>(length);
    values.emplace_back(count);
  }
  const std::vector<std::span<float>> outputs(values.begin(), values.end());
  std::vector<double> times;
  network.run(input, shape, outputs);
  for (double sum = 0; sum < 500 || times.size() < 5;) {
    const double begin = thread_milliseconds();
    network.run(input, shape, outputs);
    times.push_back(thread_milliseconds() - begin);
    sum += times.back();
  }
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  return times[times.size() / 2] / static_cast<double>(batch);
}

void measure(const std::filesystem::path& path) {
  const mien::model::Model model = mien::model::read_onnx(path);
  const std::int64_t side = mien::model::read_classifier_info(model).input_size;
  const auto network = mien::engine::Network::compile(model, {.threads = 1});
  std::printf("| %s %s |", path.stem().c_str(), std::string(to_string(network.precision())).c_str());
  for (const std::int64_t batch : {1, 2, 4, 8, 16, 32}) {
    std::printf(" %.3f |", milliseconds_a_face(network, batch, side));
    std::fflush(stdout);
  }
  std::puts("");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::puts("| ms of CPU a face, one thread | 1 at a time | 2 | 4 | 8 | 16 | 32 |\n|---|---|---|---|---|---|---|");
    for (int i = 1; i < argc; ++i) measure(mien::locate_model(argv[i]));
    if (argc < 2) measure(mien::locate_model(""));
    return 0;
  } catch (const mien::Error& error) {
    std::fprintf(stderr, "batching: %s\n", error.what());
    return 1;
  }
}
